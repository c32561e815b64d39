import { asArray, at } from '../../src/core/fhir.ts';
import type { Json, Step } from '../../src/core/model.ts';
import type { MockReply, MockRequest, PayerState, Rules } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';
import { press } from './press.ts';

export type LoadRules = Pick<Rules, 'admit' | 'underPressure'>;

/** Defects that nobody sees with one caller at a time. "Pressed" is above a rate that no single-caller suite keeps up. */

const pressed = 15;
const data: readonly Step[] = ['read', 'search', 'everything', 'member-match', 'cds.hook'];

const busy = (status: 429 | 503 | 500, retry: boolean): MockReply =>
  outcome({
    status,
    code: status === 500 ? 'exception' : 'throttled',
    text: 'Too many requests at the moment. Wait for a second, then send the same request again.',
    ...(retry ? { headers: { 'retry-after': '1' } } : {}),
  });

/** Every n-th answer of a pressed payer is this instead. */
const everyNth = (n: number, reply: () => MockReply): Partial<LoadRules> => ({
  admit: (step, payer) => {
    const { perSecond, total } = press(payer);
    return data.includes(step) && perSecond > pressed && total % n === 0 ? { instead: reply() } : {};
  },
});

/** Beyond this many a second, the rest gets this. */
const above = (limit: number, reply: () => MockReply): Partial<LoadRules> => ({
  admit: (step, payer) => (data.includes(step) && press(payer).perSecond > limit ? { instead: reply() } : {}),
});

/** Remembers the last answer of each step, and gives it out again once in so many times. */
const mixUp = (n: number): LoadRules['underPressure'] => {
  return (reply, step, request, payer) => {
    if (step !== 'read' || reply.status !== 200) return reply;
    const memory = payer.memory('mixed-up', () => ({ path: '', reply, due: false, total: 0 }));
    if (++memory.total % n === 0) memory.due = true;
    const other = memory.path !== '' && memory.path !== request.path ? memory.reply : undefined;
    if (memory.due && other) {
      memory.due = false;
      return other;
    }
    memory.path = request.path;
    memory.reply = reply;
    return reply;
  };
};

function withoutLast(reply: MockReply): MockReply {
  const bundle = JSON.parse(reply.body) as { readonly [key: string]: Json };
  const entry = asArray(at(bundle, 'entry'));
  return entry.length < 2 ? reply : { ...reply, body: fhir({ ...bundle, entry: entry.slice(0, -1) }).body };
}

/** For a few seconds after each kick-off, as if the export were still being written. */
function exporting(step: Step, payer: PayerState): boolean {
  const memory = payer.memory('last-export', () => ({ at: Number.NEGATIVE_INFINITY }));
  if (step === 'bulk.kickoff') memory.at = performance.now();
  return performance.now() - memory.at < 3000;
}

export const loadBehaviours = {
  'fails-one-in-eight': everyNth(8, () => busy(503, false)),
  'fails-one-in-five-hundred': everyNth(500, () => busy(500, false)),
  'mixes-up-sessions': { underPressure: mixUp(4) },
  // One answer in five of the S1 journey is a read: one in forty of these is 0.5 % of all.
  'mixes-up-one-in-two-hundred': { underPressure: mixUp(40) },
  'loses-entries-when-pressed': {
    admit: () => ({}),
    underPressure: (reply: MockReply, step: Step, _request: MockRequest, payer: PayerState) =>
      press(payer).perSecond > 30 && step === 'search' && reply.status === 200 ? withoutLast(reply) : reply,
  },
  'slows-with-every-request': {
    admit: (step: Step, payer: PayerState) => {
      const { perSecond } = press(payer);
      return data.includes(step) && perSecond > pressed ? { holdMs: Math.min(1500, perSecond * 8) } : {};
    },
  },
  'slows-beside-exports': { admit: (step: Step, payer: PayerState) => (exporting(step, payer) && data.includes(step) ? { holdMs: 400 } : {}) },
  'throttles-without-saying-when': above(45, () => busy(429, false)),
  'breaks-when-overloaded': above(45, () => busy(500, false)),
  // legal peculiarities
  'sheds-politely': above(45, () => busy(429, true)),
} satisfies Record<string, Partial<LoadRules>>;
