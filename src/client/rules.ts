import type { AssertionSpec, Step } from '../core/model.ts';
import { mayCarryToken } from './border.ts';
import { createPace, type Pace } from './manners/pace.ts';
import { waitFor } from './manners/patience.ts';
import type { Sent } from './sent.ts';

/**
 * What our client holds itself to at the wire, one small function a rule. The honest ones are all that any run uses; whoever proves that a judge of clients
 * can fail replaces one (scripts/client-faults.ts).
 */
export const honestRules = {
  /** What an assertion says beside what it must. `base`: the FHIR base in use. */
  assertion: (spec: AssertionSpec, _known: { readonly base?: string }): AssertionSpec => spec,
  /** Every token request is signed afresh, also when it is repeated. */
  signsAfresh: (): boolean => true,
  /** How long to wait before asking again. */
  waits: waitFor,
  paced: (): Pace => createPace(),
  /** Ask again after an answer that decides nothing? `worth`: what the policy of the request says. */
  asksAgain: (worth: boolean, _step: Step, _sent: Sent, _attempt: number): boolean => worth,
  /** Tries of one request, the first included. */
  mostTries: (tries: number): number => tries,
  /** One new token after a 401, and no more. */
  renewsToken: (expired: boolean, _step: Step, _status: number): boolean => expired,
  carriesToken: mayCarryToken,
  /** Nothing leaves for an origin that must not have it. */
  guardsBorder: (): boolean => true,
  redirects: (most: number): number => most,
  /** Poll on after this state of a job? `again`: it is still running, or its fault may pass. */
  pollsOn: (again: boolean, _status: number): boolean => again,
  /** Downloads at a time. */
  parallel: (wanted: number): number => wanted,
  /** Does a file take the token? `needed`: what the manifest says. */
  bringsToken: (needed: boolean): boolean => needed,
  /** A torn file is fetched again. */
  mendsFiles: (): boolean => true,
  /** Ms after which a request is given up. */
  patience: (timeout: number): number => timeout,
};
export type ClientRules = typeof honestRules;
