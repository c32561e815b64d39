import type { Json, Step } from '../../src/core/model.ts';
import type { MockReply, MockRequest, Rules } from '../kernel/payer.ts';
import { fhir } from '../kernel/replies.ts';
import type { Stage } from './case.ts';

/** The pieces that cases are written in. */

/** What a scripted answer does instead of being sent. */
export type Act = 'reset' | 'hang' | 'stall' | 'drip' | 'cut';
/** Headers that carry it as far as the listener, and how long an answer is held back, ms. */
export const actHeader = 'x-script-act';
export const holdHeader = 'x-script-hold';
export const held = (reply: MockReply, ms: number): MockReply => ({ ...reply, headers: { ...reply.headers, [holdHeader]: String(ms) } });

type Change = (reply: MockReply, nth: number, request: MockRequest) => MockReply;

/** Replaces answers at these steps; `nth` counts the answers of the step, from 1. */
export function answers(table: Readonly<Partial<Record<Step, Change>>>): Partial<Rules> {
  const counts = new Map<Step, number>();
  return {
    underPressure(reply, step, request) {
      const change = table[step];
      if (change === undefined) return reply;
      const nth = (counts.get(step) ?? 0) + 1;
      counts.set(step, nth);
      return change(reply, nth, request);
    },
  };
}

/** The first so many answers are this, the others honest. */
export const first =
  (times: number, make: (nth: number, request: MockRequest) => MockReply): Change =>
  (reply, nth, request) =>
    nth <= times ? make(nth, request) : reply;

/** Nothing of it is sent whole. */
export const act = (how: Act, reply: MockReply = { status: 200, headers: {}, body: '' }): MockReply => ({
  ...reply,
  headers: { ...reply.headers, [actHeader]: how },
});

/** A refusal that names the case's word. */
export const refusal = (stage: Stage, status: number, code: string, text: string, headers: Record<string, string> = {}): MockReply =>
  fhir(
    {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, details: { text: `${text} (${stage.word})` }, diagnostics: `${text} (${stage.word})` }],
    },
    status,
    headers,
  );

/** "Later": 202, 429 or 503, with Retry-After in seconds where given. */
export const later = (status: number, seconds?: number): MockReply => ({
  status,
  headers: { ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }), ...(status === 202 ? { 'x-progress': 'working' } : {}) },
  body: '',
});

/** The same with a date so many seconds from now. HTTP dates have no fractions: it is never sooner than asked for. */
export const laterByDate = (status: number, seconds: number): MockReply => ({
  status,
  headers: { 'retry-after': new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString() },
  body: '',
});

/** The answer's JSON, changed. */
export function withJson(reply: MockReply, change: (json: { readonly [key: string]: Json }) => Json): MockReply {
  try {
    return { ...reply, body: JSON.stringify(change(JSON.parse(reply.body) as { readonly [key: string]: Json })) };
  } catch {
    return reply;
  }
}

export const redirect = (to: string, status = 307): MockReply => ({ status, headers: { location: to }, body: '' });
