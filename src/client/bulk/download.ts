import { createHash } from 'node:crypto';
import { type Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { boundsOf } from '../../core/bounds.ts';
import type { Facts, Json, RawExchange, RequestSpec, TransportError, WireRequest } from '../../core/model.ts';
import type { Labels, Provider } from '../provider.ts';
import { isOpened, type Opened } from '../stream.ts';
import { explain } from '../transport-errors.ts';
import { createLineScanner, type LineScanner } from './lines.ts';
import { patienceOf, rest } from './patience.ts';
import { room } from './room.ts';
import { renewToken } from './token.ts';
import type { FileFindings, FileWatch } from './whole.ts';

/** Where decoded bytes go besides our own scan, e.g. a file on disk. A fresh one is made when a download must start over. */
export type MakeSink = () => { write(chunk: Buffer): Promise<void> | void; end(): Promise<void> | void };

export interface DownloadOptions {
  /** Decoded bytes kept as the exchange's body; cut at the end of a line. */
  readonly keep?: number;
  readonly sink?: MakeSink;
  /** Judges all of a file of which only the beginning is kept. Absent: such a file is scanned for JSON and types only. */
  readonly watch?: () => FileWatch;
}

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
  /** Set as soon as the file outgrows what is kept: from then on it is read there, not here. */
  watch: FileWatch | undefined;
  readonly kept: Buffer[];
  keptBytes: number;
  bytes: number;
  received: number;
  resumed: number;
  readonly hash: ReturnType<typeof createHash>;
  readonly write: (chunk: Buffer) => Promise<void>;
  readonly finish: () => Promise<void>;
  readonly abandon: () => Promise<void>;
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
  let request: WireRequest = { method: spec.method, url: spec.url, headers: {} };
  let way: Facts = {};
  let renewed = false;
  for (let tries = 0; ; tries++) {
    provider.signal.throwIfAborted();
    const { opened, lost, ...asked } = await provider.open(spec);
    ({ request, facts: way } = asked);
    retries.push(...lost);
    firstByte ??= performance.now() - began;
    const more = provider.rules.mendsFiles() && tries + 1 < patience.tries;
    if (!isOpened(opened)) {
      if (!more || ['aborted', 'tls', 'dns', 'ours', 'limit.redirects'].includes(opened.code)) return record(undefined, opened);
      await pause(undefined, opened.code, null, tries);
      continue;
    }
    // The token that was good for the manifest may end among the files; the job and its files are the same.
    if (more && opened.status === 401 && spec.token === 'default' && !renewed) {
      renewed = true;
      if (await renewToken(provider)) {
        await drain(opened);
        retries.push({ status: 401, error: null, retryAfter: null });
        continue;
      }
    }
    if (more && [429, 502, 503, 504].includes(opened.status)) {
      await drain(opened);
      await pause(opened.headers['retry-after'], null, opened.status, tries);
      continue;
    }
    const attempt = begin(opened, { ...options, keep: options.keep ?? room(provider) });
    const problem = await readAll(provider, spec, attempt, began).catch(async (cause: unknown) => {
      await attempt.abandon();
      throw cause;
    });
    if (problem === undefined || !more || problem.code.startsWith('limit.')) {
      await attempt.finish();
      return record(attempt, problem, await attempt.watch?.end(text(attempt).length));
    }
    await attempt.abandon();
    await pause(undefined, problem.code, null, tries);
  }

  async function pause(header: string | undefined, error: string | null, status: number | null, tries: number): Promise<void> {
    retries.push({ status, error, retryAfter: header ?? null });
    await rest(
      provider.rules.waits(header, tries, patience),
      patience.maxWait - (performance.now() - began),
      provider.signal,
      `the file ${spec.url}`,
    );
  }

  function record(attempt: Attempt | undefined, problem: TransportError | undefined, findings?: FileFindings): RawExchange {
    const total = performance.now() - began;
    const beyond = findings?.lines.map((each) => `${each.text}\n`).join('') ?? '';
    const body = attempt === undefined ? '' : text(attempt).toString('utf8') + beyond;
    const found: Facts =
      attempt === undefined
        ? {}
        : {
            'file.whole': isWhole(attempt) && problem === undefined,
            'file.kept': attempt.keptBytes,
            'file.bytes': attempt.bytes,
            ...(findings?.facts ?? scanned(attempt.scanner)),
            ...(beyond === '' ? {} : { 'file.beyond': findings?.lines.map((each) => each.line) ?? [] }),
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
        size: { sent: 0, received: attempt?.received ?? 0, decoded: attempt?.bytes ?? 0 },
        facts: {
          ...facts,
          ...way,
          ...found,
          ...(problem === undefined ? {} : { 'file.cut': problem.message }),
          ...(retries.length === 0 ? {} : { 'bulk.retries': retries }),
        },
      },
      labels,
    );
  }
}

const isWhole = ({ keptBytes, bytes }: Attempt): boolean => keptBytes >= bytes;

/** What is kept, up to the end of a line when the file goes on. */
function text(attempt: Attempt): Buffer {
  const bytes = Buffer.concat(attempt.kept);
  return isWhole(attempt) ? bytes : bytes.subarray(0, bytes.lastIndexOf(10) + 1);
}

function scanned(scanner: LineScanner): Facts {
  const { lines, blank, crlf, bom, unread, types, bad } = scanner.end();
  return {
    'file.lines': lines,
    'file.blank': blank,
    'file.crlf': crlf,
    'file.bom': bom,
    'file.unread': unread,
    'file.types': types,
    'file.bad': bad ?? null,
  };
}

function begin(opened: Opened, { keep = 0, sink, watch }: DownloadOptions): Attempt {
  // An error's body is no file.
  const good = opened.status === 200;
  const out = good ? sink?.() : undefined;
  const attempt: Attempt = {
    opened,
    scanner: createLineScanner(),
    watch: undefined,
    kept: [],
    keptBytes: 0,
    bytes: 0,
    received: 0,
    resumed: 0,
    hash: createHash('sha256'),
    decodeError: undefined,
    async write(chunk) {
      attempt.hash.update(chunk);
      attempt.bytes += chunk.length;
      const room = Math.min(keep - attempt.keptBytes, chunk.length);
      if (good && room < chunk.length && attempt.watch === undefined && watch !== undefined) {
        attempt.watch = watch();
        for (const piece of attempt.kept) await attempt.watch.write(piece);
      }
      if (room > 0) {
        // Copied: a view would keep the socket's whole buffer alive.
        attempt.kept.push(Buffer.from(chunk.subarray(0, room)));
        attempt.keptBytes += room;
      }
      if (attempt.watch === undefined) attempt.scanner.push(chunk);
      else await attempt.watch.write(chunk);
      await out?.write(chunk);
    },
    finish: async () => void (await out?.end()),
    async abandon() {
      attempt.watch?.abandon();
      await Promise.resolve(out?.end()).catch(() => undefined);
    },
  };
  return attempt;
}

const drain = async ({ body }: Opened): Promise<void> => {
  body.on('error', () => undefined);
  body.resume();
};

/** Reads to the end, resuming where the connection breaks. Answers with the problem that remained; a decoder's complaint is a finding, not a problem. */
async function readAll(provider: Provider, spec: RequestSpec, attempt: Attempt, began: number): Promise<TransportError | undefined> {
  const encoding = (attempt.opened.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decoder = decoders[encoding]?.();
  let failure: TransportError | undefined;
  let own: Error | undefined;
  const raw = continued(provider, spec, attempt, began, (problem) => {
    failure = problem;
  });
  const sink = new Writable({
    highWaterMark: 2 ** 20,
    write(chunk: Buffer, _encoding, done) {
      // A few bytes of the wire may be many once they are decoded.
      failure ??= beyondBounds(provider, attempt, began);
      if (failure !== undefined) return done(new Error(failure.message));
      attempt.write(chunk).then(
        () => done(),
        (cause: Error) => {
          own = cause;
          done(cause);
        },
      );
    },
  });
  try {
    if (decoder) await pipeline(raw, decoder, sink);
    else await pipeline(raw, sink);
  } catch (cause) {
    provider.signal.throwIfAborted();
    // A full disk is no fault of the payer's.
    if (own !== undefined) throw own;
    if (failure === undefined) attempt.decodeError = `the body is not valid ${encoding}: ${(cause as Error).message}`;
  }
  return failure;
}

/** The body's bytes, going on with Range after a break when the server's strong ETag makes that safe. */
async function* continued(
  provider: Provider,
  spec: RequestSpec,
  attempt: Attempt,
  began: number,
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
        const beyond = beyondBounds(provider, attempt, began);
        if (beyond !== undefined) {
          failed(beyond);
          body.destroy();
          return;
        }
        yield chunk;
      }
      return;
    } catch (cause) {
      const problem = explain(cause, spec, { timeout: provider.transport.limits.timeout, aborted: provider.signal.aborted });
      const next = resumable && attempt.resumed < 5 && !provider.signal.aborted ? await resume(provider, spec, attempt, etag) : undefined;
      if (next === undefined) {
        failed(problem);
        throw cause;
      }
      attempt.resumed++;
      body = next.body;
    }
  }
}

/** A file without an end, or one that comes by the byte, is given up: our limit. What was read counts as a beginning. */
function beyondBounds({ target }: Provider, { received, bytes }: Attempt, began: number): TransportError | undefined {
  const { downloadMB, downloadMinutes } = boundsOf(target);
  if (Math.max(received, bytes) > downloadMB * 2 ** 20)
    return { code: 'limit.body', message: `we stopped at our limit of ${downloadMB} MB for one file (limits.downloadMB)` };
  if (performance.now() - began > downloadMinutes * 60_000)
    return { code: 'limit.body', message: `we stopped after our limit of ${downloadMinutes} minutes for one file (limits.downloadMinutes)` };
  return undefined;
}

async function resume(provider: Provider, spec: RequestSpec, attempt: Attempt, etag: string): Promise<Opened | undefined> {
  const { opened: next } = await provider.open(spec, { range: `bytes=${attempt.received}-`, 'if-range': etag });
  if (!isOpened(next)) return undefined;
  const fits = next.status === 206 && (next.headers['content-range'] ?? '').startsWith(`bytes ${attempt.received}-`);
  if (!fits) await drain(next);
  return fits ? next : undefined;
}
