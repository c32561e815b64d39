import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Facts, WireResponse } from '../../src/core/model.ts';
import { type Act, actHeader, holdHeader } from './answers.ts';

/** Bytes of one request that are read; the rest is counted and refused. */
const longestBody = 8 * 2 ** 20;
/** Of an answer, as evidence. */
const keep = 256 * 1024;

const unpack = { gzip: gunzipSync, 'x-gzip': gunzipSync, deflate: inflateSync, br: brotliDecompressSync } as const;

/** The text of a body as Content-Encoding says that it was packed; as it came, where it cannot be unpacked within the bound. */
function textOf(body: Buffer, encoding = 'identity'): string {
  const name = encoding.trim().toLowerCase();
  try {
    return (name in unpack ? unpack[name as keyof typeof unpack](body, { maxOutputLength: longestBody }) : body).toString('utf8');
  } catch {
    return body.toString('utf8');
  }
}

/** What came, up to a bound: `bytes` counts what was read of it. `whole` is false when it was longer, or broke off. */
export async function bodyOf(incoming: IncomingMessage): Promise<{ readonly text: string; readonly bytes: number; readonly whole: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > longestBody) return { text: '', bytes, whole: false };
      parts.push(part);
    }
  } catch {
    return { text: Buffer.concat(parts).toString('utf8'), bytes, whole: false };
  }
  return { text: textOf(Buffer.concat(parts), incoming.headers['content-encoding']), bytes, whole: true };
}

/** How an answer ended: what of it is kept, how many bytes left, and who broke off. */
export interface Gone {
  readonly response: WireResponse | null;
  readonly sent: number;
  readonly end?: Facts['heard.end'];
}

/** Sends an answer, or does with it what the script says. Resolves when the last byte has left, or the connection is over. */
export async function send(answer: Response, outgoing: ServerResponse, dripMs: number): Promise<Gone> {
  const headers = Object.fromEntries(answer.headers);
  const how = headers[actHeader] as Act | undefined;
  const hold = Number(headers[holdHeader] ?? 0);
  delete headers[actHeader];
  delete headers[holdHeader];
  const closed = new Promise<'closed'>((resolve) => outgoing.once('close', () => resolve('closed')));
  const finished = new Promise<'finished'>((resolve) => outgoing.once('finish', () => resolve('finished')));
  if (hold > 0) {
    const over = new AbortController();
    const late = await Promise.race([sleep(hold, 'sent' as const, { signal: over.signal }).catch(() => 'closed' as const), closed]);
    over.abort();
    if (late === 'closed') return { response: null, sent: 0, end: 'closed by the client' };
  }
  const parts: Buffer[] = [];
  let [sent, kept] = [0, 0];
  const note = (chunk: Uint8Array): void => {
    sent += chunk.length;
    if (kept < keep) parts.push(Buffer.from(chunk.subarray(0, keep - kept)));
    kept = Math.min(keep, kept + chunk.length);
  };
  const response = (): WireResponse => ({
    status: answer.status,
    headers,
    body: headers['content-encoding'] === undefined ? Buffer.concat(parts).toString('utf8') : '',
  });
  if (how === 'reset') {
    outgoing.socket?.resetAndDestroy();
    return { response: null, sent: 0, end: 'broken off by the script' };
  }
  if (how === 'hang') {
    await closed;
    return { response: null, sent: 0, end: 'closed by the client' };
  }
  outgoing.writeHead(answer.status, headers);
  if (how === 'stall' || how === 'drip') {
    outgoing.flushHeaders();
    const timer = how === 'drip' ? setInterval(() => outgoing.write(' '), dripMs) : undefined;
    await closed;
    clearInterval(timer);
    return { response: response(), sent, end: 'closed by the client' };
  }
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    const piece = how === 'cut' ? chunk.subarray(0, chunk.length >> 1) : chunk;
    note(piece);
    if (!outgoing.write(piece)) await Promise.race([closed, new Promise((resolve) => outgoing.once('drain', resolve))]);
    if (outgoing.destroyed) break;
    if (how === 'cut') {
      await new Promise<void>((resolve) => outgoing.write('', () => resolve()));
      outgoing.socket?.destroy();
      return { response: response(), sent, end: 'broken off by the script' };
    }
  }
  outgoing.end();
  const last = await Promise.race([finished, closed]);
  return { response: response(), sent, ...(last === 'closed' && !outgoing.writableFinished ? { end: 'closed by the client' as const } : {}) };
}
