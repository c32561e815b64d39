import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { FormatName } from '../../reports/formats.ts';
import type { Run } from '../core/model.ts';
import { collect } from './memory.ts';

export interface Written {
  readonly files: readonly string[];
  /** Reports that could not be written, each with the reason; the others are there all the same. */
  readonly failed: readonly { readonly file: string; readonly cause: unknown }[];
}

/** What to write besides, or instead of, the reports of every run. */
export interface Wanted {
  /** An earlier run to compare with in latency.html. */
  readonly baseline?: Run;
  /** Only these. Absent: those of every run. */
  readonly formats?: readonly FormatName[];
  /** These besides those of every run. */
  readonly more?: readonly FormatName[];
}

/** Writes the reports of a run beside its run.json. */
export async function writeReports(folder: string, run: Run, { baseline, formats: only, more = [] }: Wanted = {}): Promise<Written> {
  const { formats, formatNames } = await import('../../reports/formats.ts');
  const chosen = formatNames.filter((name) => only?.includes(name) ?? ('always' in formats[name] || more.includes(name)));
  const files: string[] = [];
  const failed: { file: string; cause: unknown }[] = [];
  collect();
  for (const name of chosen) {
    const { file: base, load } = formats[name];
    const file = join(folder, base);
    // A signal is heard between two of them.
    await turn();
    try {
      const render = await load();
      writeFileSync(file, render(run, baseline), { mode: 0o600 });
      // One that was there before keeps its mode when written over.
      chmodSync(file, 0o600);
      files.push(file);
    } catch (cause) {
      failed.push({ file, cause });
    }
  }
  return { files, failed };
}
