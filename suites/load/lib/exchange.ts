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
  const headers: Record<string, string> = {};
  for (const name of Object.keys(response.headers)) headers[name.toLowerCase()] = response.headers[name] ?? '';
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
      get headers() {
        readPassing();
        return request.headers;
      },
    },
    response:
      status === 0
        ? null
        : {
            status,
            body,
            get headers() {
              readPassing();
              return headers;
            },
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

/** `blocked` holds waiting for a connection and making it; `duration` is sending, waiting and receiving. */
export const totalOf = (timings: Response['timings']): number =>
  Math.max(timings.blocked, timings.connecting + timings.tls_handshaking) + timings.duration;
