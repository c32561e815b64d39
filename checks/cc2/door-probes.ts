import { sameRequest } from '../../src/core/controls.ts';
import type { Evidence, Expected, Finding, Known, Probe, Step, TokenUse } from '../../src/core/model.ts';

/**
 * Every other way to a member's data that a good token has opened in this run, asked once more with a bad one. A payer has many doors, each with a lock of its own: the one
 * in front of Patient says nothing about those of later pages, documents or attribution lists.
 */

const unauthenticated: Expected = {
  status: [401, 403, 404],
  codes: ['login', 'security', 'unknown', 'expired'],
  names: ['token', 'Authorization'],
  action: 'reauthenticate',
};

/** What only asks, whatever its method, and holds what is a member's own. */
const doors = ['search', 'page', 'vread', 'everything', 'docref', 'binary', 'document', 'care-gaps', 'match', 'group.search', 'group.read'] as const;
/** Those that a token for Patient alone does not cover. */
const beyondPatient: readonly Step[] = ['docref', 'binary', 'document', 'group.search', 'group.read'];

/** The request that a good token has opened there. */
const door = (step: Step, token: TokenUse, expected?: Expected): Probe => ({
  id: `doors.${token === 'none' ? 'no-token' : token}.${step}`,
  step,
  suite: 'doors',
  ...(expected === undefined ? {} : { expected }),
  request: ({ opened, notes }: Known) => {
    const spec = opened?.[step];
    if (spec === undefined) return 'nothing was opened there with a good token';
    // An address that holds its own key is meant to open without a token.
    if (step === 'binary' && token === 'none' && spec.url.includes('?')) return 'the document may be meant for whoever has its address';
    if (token !== 'none' && notes[`token.${token}`] !== true) return `the session has no ${token} token`;
    return { ...spec, token };
  },
});

const each = (token: TokenUse, steps: readonly Step[], expected?: Expected) => steps.map((step) => door(step, token, expected));

// Groups without a token have a row of their own.
export const doorsWithoutToken = each(
  'none',
  doors.filter((step) => !step.startsWith('group.')),
  unauthenticated,
);
export const doorsTampered = each('tampered', doors, unauthenticated);
export const doorsExpired = each('expired', doors, unauthenticated);
/** No `expected`: who leaves out what the scope does not cover has answered, too. */
export const doorsNarrow = each('narrow', beyondPatient);

/** The history without doors whose opening it does not hold, as where a part of a run is looked at: nothing can be said of them. */
export const openedHere =
  (judge: (evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding =>
    judge({ ...evidence, exchanges: evidence.exchanges.filter((each) => each.suite !== 'doors' || sameRequest(each, evidence).length > 0) });
