import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '../mocks/embedded.ts';
import { alarmRows } from './load/alarms.ts';
import { judgingRows } from './load/judging.ts';
import { limitRows } from './load/limit.ts';
import { observerRows } from './load/observer.ts';
import { stallRows } from './load/stall.ts';
import type { Bench, BenchRow } from './row.ts';

const all: Readonly<Record<string, (embedded: Embedded, folder: string) => Promise<readonly BenchRow[]>>> = {
  stall: (_, folder) => stallRows(folder),
  judging: judgingRows,
  limit: limitRows,
  observer: observerRows,
  alarms: alarmRows,
};

/** What judging costs inside k6, whether a stall is seen, what the embedded payer can take, how near k6 is to vegeta, and whether an honest payer raises an alarm. */
export const bench: Bench = async (parts) => {
  const unknown = parts.find((each) => !Object.hasOwn(all, each));
  if (unknown !== undefined) throw new Error(`The load bench has no part called ${unknown}. Known: ${Object.keys(all).join(', ')}.`);
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const embedded = await startEmbedded();
  try {
    const rows: BenchRow[] = [];
    for (const [name, measure] of Object.entries(all))
      if (parts.length === 0 || parts.includes(name)) rows.push(...(await measure(embedded, folder)));
    return rows;
  } finally {
    await embedded.close();
    await rm(folder, { recursive: true });
  }
};
