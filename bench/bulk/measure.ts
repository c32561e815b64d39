import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutIntoBlocks } from '../../src/bulk-files/cut.ts';
import { startPool } from '../../src/bulk-files/pool.ts';
import { countOf } from '../../src/bulk-files/result.ts';
import { openFile } from '../../src/bulk-files/source.ts';
import { validateFiles } from '../../src/bulk-files/validate.ts';
import { createStreams, isOpened } from '../../src/client/stream.ts';
import type { Measured, Work } from '../bulk.ts';

/** One measurement in a process of its own, so that its peak of memory is its own: `measure.ts WORK SOURCE TIMES`. */
const threads = 2;
const [work, from = '', times = '1'] = process.argv.slice(2) as [Work, string?, string?];
const chunks = from.startsWith('http') ? overHttp(from) : fromDisk(from, Number(times));
const began = performance.now();
const bytes = await { parse, validate, read }[work]();
const seconds = (performance.now() - began) / 1000;
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
process.send?.({ bytes, seconds, cpu: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS / 1024 } satisfies Measured);

/** The same file again and again: any size without storing it, at the cost of reading from the page cache. */
async function* fromDisk(path: string, count: number): AsyncGenerator<Uint8Array> {
  for (let turn = 0; turn < count; turn++) yield* openFile(path).chunks;
}

async function* overHttp(url: string): AsyncGenerator<Uint8Array> {
  const streams = createStreams();
  const opened = await streams.open({ method: 'GET', url, headers: {} });
  if (!isOpened(opened)) throw new Error(`The bench's own server did not answer: ${opened.message}`);
  yield* opened.body as AsyncIterable<Uint8Array>;
  streams.close();
}

/** Bytes and nothing more: what the wire or the disk can do. */
async function read(): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.byteLength;
  return size;
}

async function parse(): Promise<number> {
  const pool = startPool(
    threads,
    () => ({ keep: 10, profiles: false, packages: [] }),
    () => undefined,
    new URL('./parse-worker.ts', import.meta.url),
  );
  const size = await cutIntoBlocks(chunks, {
    mine: () => true,
    take: pool.take,
    tooLong: () => undefined,
    give: ({ buffer, bytes: part, line, offset, unended }) =>
      pool.send({ buffer, from: part.byteOffset, length: part.byteLength, file: 0, line, offset, unended }),
  });
  await pool.finish();
  return size;
}

async function validate(): Promise<number> {
  const index = mkdtempSync(join(tmpdir(), 'payer-assay-bench-'));
  try {
    const plan = { files: [{ name: 'ExplanationOfBenefit.ndjson', type: 'ExplanationOfBenefit' }], shards: 1, keep: 10, profiles: false };
    const result = await validateFiles({ plan, inputs: [{ source: { chunks, problem: () => undefined } }], threads, index });
    if (countOf(result, 'error') > 0) throw new Error(`The bench's own claims have errors: ${Object.keys(result.rules).join(', ')}.`);
    return result.files[0]?.bytes ?? 0;
  } finally {
    rmSync(index, { recursive: true, force: true });
  }
}
