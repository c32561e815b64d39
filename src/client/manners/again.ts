import { parseRetryAfter } from '../../core/http-date.ts';
import type { Sent } from '../sent.ts';

/** When a request is asked again after an answer (or none) that decides nothing. */
export interface Policy {
  /** At most so many tries, the first included. */
  readonly tries: number;
  /** Our limit is reached: `stop` throws `Stop`, `answer` lets the last answer stand. */
  readonly beyond: 'stop' | 'answer';
  again(sent: Sent, attempt: number): boolean;
}

/** For every request: a payer that says "later" is asked later; a fault that it does not announce is looked at twice. */
export const polite: Policy = {
  tries: 6,
  beyond: 'answer',
  again({ response }, attempt) {
    if (response?.status !== 429 && response?.status !== 503) return false;
    return parseRetryAfter(response.headers['retry-after'], Date.now()).kind === 'wait' || attempt < (response.status === 429 ? 3 : 1);
  },
};

/** For jobs, on which half an hour may hang: every passing fault is tried again. */
export const patient: Policy = {
  tries: 6,
  beyond: 'stop',
  again: ({ response, error }) =>
    response
      ? [429, 502, 503, 504].includes(response.status)
      : error !== undefined && ['reset', 'timeout', 'refused', 'protocol'].includes(error.code),
};
