import { createHash } from 'node:crypto';
import { type Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Facts, Json, RequestSpec, TransportError, WireRequest } from '../../core/model.ts';
import type { Labels, Provider, RawExchange } from '../provider.ts';
import { isOpened, type Opened } from '../stream.ts';
import { explain } from '../transport-errors.ts';
import { createLineScanner, type LineScanner } from './lines.ts';
import { patienceOf, rest, waitFor } from './patience.ts';

/** Where decoded bytes go besides our own scan, e.g. a file on disk. A fresh one is made when a download must start over. */
export type MakeSink = () => { write(chunk: Buffer): Promise<void> | void; end(): Promise<void> | void };

export interface DownloadOptions {
  /** Decoded bytes kept as the exchange's body; cut at the end of a line. */
  readonly keep?: number;
  readonly sink?: MakeSink;
}

const keepByDefault = 4 * 2 ** 20;
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

/** One try from the first byte, possibly continued over several connections. */
interface Attempt {
  readonly opened: Opened;
  readonly scanner: LineScanner;
  readonly kept: Buffer[];
  keptBytes: number;
  received: number;
  resumed: number;
  readonly hash: ReturnType<typeof createHash>;
  readonly write: (chunk: Buffer) => void;
  readonly finish: () => Promise<void>;
  decodeError: string | undefined;
}

/**
 * Streams one bulk file: scans every line, keeps the beginning as evidence, and records one `bulk.file` exchange whose facts speak for the whole file
 * (`file.lines`, `file.types`, `file.bad` ...). A broken connection is resumed with Range where the server allows it, else started over. Memory is bounded
 * whatever the size. Source: http://hl7.org/fhir/uv/bulkdata/STU2/export.html#file-request
 */
export async function download(
  provider: Provider,
  spec: RequestSpec,
  labels: Labels,
  facts: Facts,
  options: DownloadOptions = {},
): Promise<RawExchange> {
  const patience = patienceOf(provider.known);
  const startedAt = new Date().toISOString();
  const began = performance.now();
  const retries: Json[] = [];
  let firstByte: number | undefined;
  let request = await provider.prepare(spec);
  for (let tries = 0; ; tries++) {
    provider.signal.throwIfAborted();
    const opened = await provider.transport.open(request, { signal: provider.signal, timeout: provider.transport.limits.timeout });
    firstByte ??= performance.now() - began;
    const more = tries + 1 < patience.tries;
    if (!isOpened(opened)) {
      if (!more || opened.code === 'aborted' || opened.code === 'tls' || opened.code === 'dns') return record(undefined, opened);
      await pause(undefined, opened.code, null, tries);
      continue;
    }
    if (more && [429, 502, 503, 504].includes(opened.status)) {
      await drain(opened);
      await pause(opened.headers['retry-after'], null, opened.status, tries);
      continue;
    }
    const attempt = begin(opened, options);
    const problem = await readAll(provider, request, attempt);
    if (problem === undefined || !more) {
      await attempt.finish();
      return record(attempt, problem);
    }
    await attempt.finish();
    await pause(undefined, problem.code, null, tries);
    request = await provider.prepare(spec);
  }

  async function pause(header: string | undefined, error: string | null, status: number | null, tries: number): Promise<void> {
    retries.push({ status, error, retryAfter: header ?? null });
    await rest(waitFor(header, tries, patience), patience.maxWait - (performance.now() - began), provider.signal, `the file ${spec.url}`);
  }

  function record(attempt: Attempt | undefined, problem: TransportError | undefined): RawExchange {
    const scan = attempt?.scanner.end();
    const total = performance.now() - began;
    const whole = attempt !== undefined && scan !== undefined && attempt.keptBytes >= scan.bytes;
    const body = attempt === undefined ? '' : text(Buffer.concat(attempt.kept), whole);
    const found: Facts =
      attempt === undefined || scan === undefined
        ? {}
        : {
            'file.whole': whole && problem === undefined,
            'file.lines': scan.lines,
            'file.blank': scan.blank,
            'file.crlf': scan.crlf,
            'file.bom': scan.bom,
            'file.kept': Math.min(attempt.keptBytes, scan.bytes),
            'file.bytes': scan.bytes,
            'file.longest': scan.longest,
            'file.unread': scan.unread,
            'file.types': scan.types,
            'file.bad': scan.bad ?? null,
            'file.sha256': attempt.hash.digest('hex'),
            'file.resumed': attempt.resumed,
            'file.gzipBytes': attempt.kept[0]?.[0] === 0x1f && attempt.kept[0]?.[1] === 0x8b,
            'file.decodeError': attempt.decodeError ?? null,
          };
    return provider.observe(
      'bulk.file',
      request,
      {
        response: attempt === undefined ? null : { status: attempt.opened.status, headers: attempt.opened.headers, body },
        ...(attempt === undefined && problem !== undefined ? { error: problem } : {}),
        startedAt,
        timing: { ...(firstByte === undefined ? {} : { firstByte }), total },
        size: { sent: 0, received: attempt?.received ?? 0, decoded: scan?.bytes ?? 0 },
        facts: {
          ...facts,
          ...found,
          ...(problem === undefined ? {} : { 'file.cut': problem.message }),
          ...(retries.length === 0 ? {} : { 'bulk.retries': retries }),
        },
      },
      labels,
    );
  }
}

const text = (bytes: Buffer, whole: boolean): string => {
  const end = whole ? bytes.length : bytes.lastIndexOf(10) + 1;
  return bytes.subarray(0, end).toString('utf8');
};

function begin(opened: Opened, { keep = keepByDefault, sink }: DownloadOptions): Attempt {
  const out = sink?.();
  const attempt: Attempt = {
    opened,
    scanner: createLineScanner(),
    kept: [],
    keptBytes: 0,
    received: 0,
    resumed: 0,
    hash: createHash('sha256'),
    decodeError: undefined,
    write(chunk) {
      attempt.scanner.push(chunk);
      attempt.hash.update(chunk);
      const room = keep - attempt.keptBytes;
      if (room > 0) {
        // Copied: a view would keep the socket's whole buffer alive.
        attempt.kept.push(Buffer.from(chunk.subarray(0, room)));
        attempt.keptBytes += Math.min(room, chunk.length);
      }
      return out?.write(chunk);
    },
    finish: async () => void (await out?.end()),
  };
  return attempt;
}

const drain = async ({ body }: Opened): Promise<void> => {
  body.on('error', () => undefined);
  body.resume();
};

/** Reads to the end, resuming where the connection breaks. Answers with the problem that remained; a decoder's complaint is a finding, not a problem. */
async function readAll(provider: Provider, request: WireRequest, attempt: Attempt): Promise<TransportError | undefined> {
  const encoding = (attempt.opened.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decoder = decoders[encoding]?.();
  let failure: TransportError | undefined;
  const raw = continued(provider, request, attempt, (problem) => {
    failure = problem;
  });
  const sink = new Writable({
    highWaterMark: 2 ** 20,
    write(chunk: Buffer, _encoding, done) {
      Promise.resolve(attempt.write(chunk)).then(() => done(), done);
    },
  });
  try {
    if (decoder) await pipeline(raw, decoder, sink);
    else await pipeline(raw, sink);
  } catch (cause) {
    provider.signal.throwIfAborted();
    if (failure === undefined) attempt.decodeError = `the body is not valid ${encoding}: ${(cause as Error).message}`;
  }
  return failure;
}

/** The body's bytes, going on with Range after a break when the server's strong ETag makes that safe. */
async function* continued(
  provider: Provider,
  request: WireRequest,
  attempt: Attempt,
  failed: (problem: TransportError) => void,
): AsyncGenerator<Buffer> {
  const { headers } = attempt.opened;
  const etag = headers['etag'];
  const resumable = attempt.opened.status === 200 && etag !== undefined && !etag.startsWith('W/') && headers['accept-ranges'] === 'bytes';
  let body = attempt.opened.body;
  for (;;) {
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        attempt.received += chunk.length;
        yield chunk;
      }
      return;
    } catch (cause) {
      const problem = explain(cause, request, { timeout: provider.transport.limits.timeout, aborted: provider.signal.aborted });
      const next = resumable && attempt.resumed < 5 && !provider.signal.aborted ? await resume(provider, request, attempt, etag) : undefined;
      if (next === undefined) {
        failed(problem);
        throw cause;
      }
      attempt.resumed++;
      body = next.body;
    }
  }
}

async function resume(provider: Provider, request: WireRequest, attempt: Attempt, etag: string): Promise<Opened | undefined> {
  const headers = { ...request.headers, range: `bytes=${attempt.received}-`, 'if-range': etag };
  const next = await provider.transport.open({ ...request, headers }, { signal: provider.signal });
  if (!isOpened(next)) return undefined;
  const fits = next.status === 206 && (next.headers['content-range'] ?? '').startsWith(`bytes ${attempt.received}-`);
  if (!fits) await drain(next);
  return fits ? next : undefined;
}
