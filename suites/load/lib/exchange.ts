import type { Response } from 'k6/http';
import type { Exchange, Step, WireRequest } from '../../../src/core/model.ts';
import type { Ask } from './journey.ts';

/** A k6 response becomes the same Exchange that the suites record, so the same checks judge it. */
export function exchangeOf(step: Step, request: WireRequest, response: Response, at: number, labels: Pick<Ask, 'member' | 'variant'>): Exchange {
  const { timings, status } = response;
  const { member, variant } = labels;
  const headers: Record<string, string> = {};
  for (const name of Object.keys(response.headers)) headers[name.toLowerCase()] = response.headers[name] ?? '';
  const body = typeof response.body === 'string' ? response.body : '';
  return {
    index: 0,
    suite: 'load',
    step,
    ...(member === undefined ? {} : { member }),
    ...(variant === undefined ? {} : { variant }),
    request,
    response: status === 0 ? null : { status, headers, body },
    ...(status === 0 ? { error: { code: /timeout/i.test(response.error) ? 'timeout' : 'reset', message: response.error } } : {}),
    startedAt: new Date(at).toISOString(),
    timing: {
      dns: 0,
      connect: timings.connecting,
      tls: timings.tls_handshaking,
      firstByte: timings.sending + timings.waiting,
      total: totalOf(timings),
    },
    size: { sent: request.body?.length ?? 0, received: body.length, decoded: body.length },
  };
}

/** `blocked` holds waiting for a connection and making it; `duration` is sending, waiting and receiving. */
export const totalOf = (timings: Response['timings']): number =>
  Math.max(timings.blocked, timings.connecting + timings.tls_handshaking) + timings.duration;
