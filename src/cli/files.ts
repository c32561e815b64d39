import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Run } from '../core/model.ts';

export interface Written {
  readonly files: readonly string[];
  /** Reports that could not be written, each with the reason; the others are there all the same. */
  readonly failed: readonly { readonly file: string; readonly cause: unknown }[];
}

/** Writes the reports of a run beside its run.json; `baseline` is an earlier run to compare with. */
export async function writeReports(folder: string, run: Run, baseline?: Run): Promise<Written> {
  const { renderConformance, renderJunit, renderLatency, renderSarif } = await import('../../reports/render.ts');
  const renderers: Readonly<Record<string, (run: Run) => string>> = {
    'conformance.html': renderConformance,
    'latency.html': (each) => renderLatency(each, baseline),
    'junit.xml': renderJunit,
    'run.sarif': renderSarif,
  };
  const files: string[] = [];
  const failed: { file: string; cause: unknown }[] = [];
  for (const [name, render] of Object.entries(renderers)) {
    const file = join(folder, name);
    // A signal is heard between two of them.
    await turn();
    try {
      writeFileSync(file, render(run), { mode: 0o600 });
      // One that was there before keeps its mode when written over.
      chmodSync(file, 0o600);
      files.push(file);
    } catch (cause) {
      failed.push({ file, cause });
    }
  }
  return { files, failed };
}
