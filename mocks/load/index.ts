import type { Step } from '../../src/core/model.ts';
import type { MockArea } from '../kernel/area.ts';
import type { MockReply, MockRequest, PayerState } from '../kernel/payer.ts';
import { loadBehaviours } from './behaviours.ts';

/** What the press of many requests does to this payer: nothing, when it is honest. */
const loadRules = {
  /** Before a request is served: hold it back, or answer something else. */
  admit: (_step: Step, _payer: PayerState): { readonly holdMs?: number; readonly instead?: MockReply } => ({}),
  /** The last word on an answer. */
  underPressure: (reply: MockReply, _step: Step, _request: MockRequest, _payer: PayerState): MockReply => reply,
};
export type LoadRules = typeof loadRules;

export const load = { routes: [], rules: loadRules, behaviours: loadBehaviours } satisfies MockArea;
