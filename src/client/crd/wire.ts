import type { IncomingMessage } from 'node:http';
import type { WireRequest } from '../../core/model.ts';

/** Bytes of one request to our EHR that are read. */
export const mostBytes = 2 ** 20;

/** What came, up to a bound: a longer body is cut there. */
export async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      parts.push(part.subarray(0, mostBytes - size));
      size += part.length;
      if (size >= mostBytes) break;
    }
  } catch {
    // The service hung up: what came is what there is.
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A request as it came. */
export function wireOf(incoming: IncomingMessage, base: string, body: string): WireRequest {
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]));
  const target = incoming.url ?? '/';
  // What is no URL is recorded as it was asked for.
  const url = URL.canParse(target, base) ? new URL(target, base).href : `${new URL(base).origin}${target}`;
  return { method: incoming.method ?? 'GET', url, headers, ...(body === '' ? {} : { body }) };
}
