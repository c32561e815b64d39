import type { Response } from 'k6/http';
import { readPassing } from '../../../src/core/memo.ts';
import type { Exchange, Step, WireRequest } from '../../../src/core/model.ts';
import type { Ask } from './journey.ts';

/**
 * A k6 response becomes the same Exchange that the suites record, so the same checks judge it. Reading its headers or times is noted: what rests on
 * them is judged on every answer, the rest once for answers of the same words.
 */
export function exchangeOf(step: Step, request: WireRequest, response: Response, at: number, labels: Pick<Ask, 'member' | 'variant'>): Exchange {
  const { timings, status } = response;
  const { member, variant } = labels;
  const body = typeof response.body === 'string' ? response.body : '';
  const { method, url } = request;
  return {
    index: 0,
    suite: 'load',
    step,
    ...(member === undefined ? {} : { member }),
    ...(variant === undefined ? {} : { variant }),
    request: {
      method,
      url,
      ...(request.body === undefined ? {} : { body: request.body }),
      headers: noted(request.headers),
    },
    response:
      status === 0
        ? null
        : {
            status,
            body,
            headers: noted(response.headers),
          },
    ...(status === 0 ? { error: { code: /timeout/i.test(response.error) ? 'timeout' : 'reset', message: response.error } } : {}),
    get startedAt() {
      readPassing();
      return new Date(at).toISOString();
    },
    get timing() {
      readPassing();
      const { connecting, tls_handshaking, sending, waiting } = timings;
      return { dns: 0, connect: connecting, tls: tls_handshaking, firstByte: sending + waiting, total: totalOf(timings) };
    },
    size: { sent: request.body?.length ?? 0, received: body.length, decoded: body.length },
  };
}

const names = /^date$|^age$|^expires$|^authorization$|cookie|nonce|timing|request-?id|correlation|trace|span|ray|amz/;
const passing = new Map<string, boolean>();

/** Headers that differ from one message to the next whatever it says. */
export function isPassing(name: string): boolean {
  const known = passing.get(name) ?? names.test(name);
  passing.set(name, known);
  return known;
}

/** Headers by names in lower case; reading one that differs each time is noted. */
export function noted(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const all = Object.keys(given);
  for (let nth = 0; nth < all.length; nth++) {
    const name = all[nth] ?? '';
    const lower = name.toLowerCase();
    const value = given[name] ?? '';
    if (!isPassing(lower)) headers[lower] = value;
    else
      Object.defineProperty(headers, lower, {
        enumerable: true,
        get: () => {
          readPassing();
          return value;
        },
      });
  }
  return headers;
}

/** `blocked` holds waiting for a connection and making it; `duration` is sending, waiting and receiving. */
const totalOf = (timings: Response['timings']): number => Math.max(timings.blocked, timings.connecting + timings.tls_handshaking) + timings.duration;
