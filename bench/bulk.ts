import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { BenchRow } from './row.ts';

/** `read` takes the bytes alone, `parse` also puts every line through JSON.parse in the same threads, `validate` is ours. */
export type Work = 'read' | 'parse' | 'validate';

export interface Measured {
  readonly bytes: number;
  readonly seconds: number;
  /** Seconds of processor time. */
  readonly cpu: number;
  /** Largest resident size, MB. */
  readonly peak: number;
}

const pairs = 5;
const limit = 300;

/** What bin/payer-assay.js starts `validate` with on Linux. */
const lean = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/**
 * Validation of bulk files beside plain JSON.parse and a bare downloader. 0.1 and 1 GB; with `--10gb` that size too, generated over loopback and never
 * stored. Every work is a process of its own, and the ones compared take turns, so that a busy machine troubles both.
 */
export async function bench(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'payer-assay-bench-'));
  const server = fork(new URL('./bulk/server.ts', import.meta.url));
  try {
    const [port] = (await once(server, 'message')) as [number];
    const url = (gigabytes: number): string => `http://127.0.0.1:${port}/${gigabytes * 1e9}`;
    const file = join(folder, 'ExplanationOfBenefit.ndjson');
    await pipeline(Readable.fromWeb((await fetch(url(0.1))).body as ReadableStream), createWriteStream(file));

    const [parsed, validated] = await inTurns(
      () => measure('parse', file, 10),
      () => measure('validate', file, 10),
    );
    const small = await measure('validate', file, 1);
    const fetched = await measure('read', url(1));
    // Beside validation of the same size from disk, in turns. By the clock there is no bound: the process that sends takes the same processors.
    const [alone, whole] = await inTurns(
      () => measure('validate', file, 10),
      () => measure('validate', url(1)),
    );
    const slower = alone.map((each) => (speed(each) < speed(fetched) ? each : fetched));
    const rates = { parse: rate(parsed), validate: rate(validated), fetch: speed(fetched), whole: rate(whole) };
    const rows: BenchRow[] = [
      { name: 'JSON.parse of every line, 2 threads, 1 GB of claims (the limit)', value: rates.parse, unit: 'MB/s' },
      { name: 'schema + references of every line, 2 threads, 1 GB', value: rates.validate, unit: 'MB/s' },
      { name: `validation / JSON.parse (median of ${pairs} pairs)`, value: median(ratios(validated, parsed)), unit: 'ratio', atLeast: 0.8 },
      {
        name: 'the same by processor time, which a busy machine does not blur',
        value: cpuOf(parsed) / cpuOf(validated),
        unit: 'ratio',
        atLeast: 0.8,
      },
      { name: 'processor time of validation, 0.1 GB', value: small.cpu, unit: 's' },
      { name: 'processor time of validation, 1 GB', value: median(validated.map(({ cpu }) => cpu)), unit: 's' },
      { name: 'processor time per GB, 1 GB / 0.1 GB (start-up included)', value: perByte(validated[1]) / perByte(small), unit: 'ratio', atMost: 1.1 },
      { name: 'peak memory, 0.1 GB', value: small.peak, unit: 'MB', atMost: limit },
      { name: 'peak memory, 1 GB', value: Math.max(...validated.map((each) => each.peak)), unit: 'MB', atMost: limit },
      { name: 'bare undici, bytes alone, 1 GB generated over loopback (the limit)', value: rates.fetch, unit: 'MB/s' },
      { name: 'download and validate, 1 GB generated over loopback', value: rates.whole, unit: 'MB/s' },
      {
        name: 'download and validate / the slower of the two alone',
        value: median(ratios(whole, slower)),
        unit: 'ratio',
      },
      { name: 'the same by processor time', value: cpuOf(alone) / cpuOf(whole), unit: 'ratio', atLeast: 0.7 },
      { name: 'peak memory, download and validate', value: Math.max(...whole.map((each) => each.peak)), unit: 'MB', atMost: limit },
    ];
    if (process.argv.includes('--10gb')) {
      const large = await measure('validate', url(10));
      rows.push({ name: 'download and validate, 10 GB generated over loopback', value: rate([large]), unit: 'MB/s' });
      rows.push({ name: 'processor time of download and validation, 10 GB', value: large.cpu, unit: 's' });
      rows.push({ name: 'processor time per GB, 10 GB / 1 GB', value: perByte(large) / perByte(whole[1]), unit: 'ratio', atMost: 1.1 });
      rows.push({ name: 'peak memory, 10 GB', value: large.peak, unit: 'MB', atMost: limit });
    }
    return rows;
  } finally {
    server.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(work: Work, source: string, times = 1): Promise<Measured> {
  const child = fork(new URL('./bulk/measure.ts', import.meta.url), [work, source, String(times)], { env: { ...process.env, ...lean } });
  const ended = once(child, 'exit');
  const first = await Promise.race([once(child, 'message') as Promise<[Measured]>, ended.then(() => undefined)]);
  await ended;
  if (first === undefined) throw new Error(`The measurement ${work} ended without a figure; its error is above.`);
  return first[0];
}

async function inTurns(a: () => Promise<Measured>, b: () => Promise<Measured>): Promise<readonly [readonly Measured[], readonly Measured[]]> {
  const found: readonly [Measured[], Measured[]] = [[], []];
  for (let turn = 0; turn < pairs; turn++) {
    found[0].push(await a());
    found[1].push(await b());
  }
  return found;
}

const speed = ({ bytes, seconds }: Measured): number => bytes / seconds / 1e6;
const rate = (all: readonly Measured[]): number => median(all.map(speed));
const ratios = (ours: readonly Measured[], theirs: readonly Measured[]): readonly number[] =>
  ours.map((each, index) => speed(each) / speed(theirs[index] ?? each));
const cpuOf = (all: readonly Measured[]): number => median(all.map(perByte));
const perByte = (measured: Measured | undefined): number => (measured === undefined ? Number.NaN : measured.cpu / measured.bytes);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
