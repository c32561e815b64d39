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
  /** Those that were not begun, since nobody waits for them any more. */
  readonly leftOut: readonly string[];
}

/** What to write besides, or instead of, the reports of every run. */
export interface Wanted {
  /** An earlier run to compare with in latency.html. */
  readonly baseline?: Run;
  /** Only these. Absent: those of every run. */
  readonly formats?: readonly FormatName[];
  /** These besides those of every run. */
  readonly more?: readonly FormatName[];
  /** Asked before each report: true when it is not to be begun. Default: never. */
  readonly late?: () => boolean;
}

/** Writes the reports of a run beside its run.json. */
export async function writeReports(
  folder: string,
  run: Run,
  { baseline, formats: only, more = [], late = () => false }: Wanted = {},
): Promise<Written> {
  const { formats, formatNames } = await import('../../reports/formats.ts');
  const wanted = formatNames.filter((name) => only?.includes(name) ?? ('always' in formats[name] || more.includes(name)));
  // The one with charts comes last: to draw them costs more than all others together.
  const chosen = [...wanted.filter((name) => name !== 'latency'), ...wanted.filter((name) => name === 'latency')];
  const files: string[] = [];
  const failed: { file: string; cause: unknown }[] = [];
  const leftOut: string[] = [];
  collect();
  for (const name of chosen) {
    const { file: base, load } = formats[name];
    const file = join(folder, base);
    // A signal is heard between two of them.
    await turn();
    if (late()) {
      leftOut.push(file);
      continue;
    }
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
  const told = wanted.map((name) => join(folder, formats[name].file));
  return { files: told.filter((each) => files.includes(each)), failed, leftOut: told.filter((each) => leftOut.includes(each)) };
}
