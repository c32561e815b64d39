import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Case, outputs, read, tokensSince } from './played.ts';
import type { Turn } from './proxy.ts';
import { lost, slug, spoiltAt } from './servers.ts';
import { payerAssay } from './stage.ts';
import { endless } from './wires.ts';

const line = Buffer.from(`${JSON.stringify({ resourceType: 'Patient', id: 'endless' })}\n`.repeat(1000));
const head = { 'content-type': 'application/fhir+ndjson' } as const;

interface Download {
  readonly at: RegExp;
  readonly act: (turn: Turn) => Promise<void> | void;
  readonly isLost: boolean;
}
const file = /\/bulk-files\//;
const job = /\/fhir\/jobs\//;

/** With `--downloads`, where what comes is written to the disk. */
const all: Readonly<Record<string, Download>> = {
  'sends a file without an end': {
    ...{ at: file, isLost: false },
    act(turn) {
      turn.response.writeHead(200, head);
      return endless(turn.response, () => line);
    },
  },
  'breaks off each file in its middle, again and again': {
    ...{ at: file, isLost: false },
    act(turn) {
      turn.response.writeHead(200, { ...head, 'content-length': line.length * 2 });
      turn.response.write(line, () => turn.socket.destroy());
    },
  },
  'breaks off, resumes from a Range, and breaks off again': {
    ...{ at: file, isLost: false },
    act(turn) {
      const from = Number(/bytes=(\d+)-/.exec(turn.headers.range ?? '')?.[1] ?? 0);
      const ranged = { ...head, etag: `"${turn.nth}"`, 'accept-ranges': 'bytes', 'content-length': 10_000_000 - from };
      turn.response.writeHead(from > 0 ? 206 : 200, { ...ranged, ...(from > 0 ? { 'content-range': `bytes ${from}-9999999/10000000` } : {}) });
      turn.response.write(line.subarray(0, 100), () => turn.socket.destroy());
    },
  },
  'sends a gzip bomb as a file': {
    ...{ at: file, isLost: false },
    act: (turn) =>
      turn.answer(({ headers }) => ({ headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(2 ** 28, '\n')) })),
  },
  'sends a line of 20 MB': {
    at: file,
    isLost: false,
    act: (turn) => turn.answer(() => ({ body: `{"resourceType":"Patient","id":"${'x'.repeat(20e6)}"}\n` })),
  },
  'sends lines of 6,259 levels': {
    ...{ at: file, isLost: false },
    act: (turn) => turn.answer(() => ({ body: `{"resourceType":"Patient","a":${'['.repeat(6259)}${']'.repeat(6259)}}\n`.repeat(20) })),
  },
  'names 100,000 files': {
    ...{ at: job, isLost: false },
    act: (turn) =>
      turn.answer(({ status, body }) => {
        if (status !== 200) return {};
        const manifest = JSON.parse(String(body)) as { output: { url: string }[] };
        const [first] = manifest.output;
        return {
          body: JSON.stringify({ ...manifest, output: Array.from({ length: 100_000 }, (_, nth) => ({ ...first, url: `${first?.url}?${nth}` })) }),
        };
      }),
  },
  'names files that would leave the folder': {
    ...{ at: job, isLost: false },
    act: (turn) =>
      turn.answer(({ status, body }) => {
        if (status !== 200) return {};
        return {
          body: String(body)
            .replace(/"type":"(\w+)"/g, '"type":"../../../../$1"')
            .replace(/output\//g, 'output/..%2f..%2f'),
        };
      }),
  },
};

export const downloads: readonly Case[] = Object.entries(all).map(([title, { at, act, isLost }]) => ({
  ...{ id: `downloads.${slug(title)}`, kind: 'run --downloads', title, within: 180 },
  async play(stage, within) {
    const { folder, file: target, out } = stage.place({ limits: { downloadMB: 1, files: 10 } });
    stage.embedded.payer.inject();
    const from = stage.proxy.heard.length;
    stage.proxy.act((turn) => (at.test(turn.path) && turn.method === 'GET' ? act(turn) : turn.answer()));
    const kept = join(folder, 'kept');
    const end = await payerAssay(['run', '--target', target, '--out', out, '--downloads', kept, '--only', 'atr.coverage,bulk.file.capability-url'], {
      within,
    });
    stage.proxy.act(undefined);
    const result = read(out, end, tokensSince(stage, from), stage, isLost ? lost : spoiltAt(/\/bulk-files\/|\/fhir\/jobs\//));
    const bytes = outputs(kept).reduce((sum, each) => sum + each.length, 0);
    rmSync(folder, { recursive: true, force: true });
    // Each of 10 files of two exports may have its 1 MB and what was on its way.
    return bytes < 100e6 ? result : { ...result, dishonest: [...result.dishonest, `${bytes} bytes on the disk`] };
  },
}));
