import type { ClientRow } from '../../../src/core/client-row.ts';
import { asString, at, type JsonObject } from '../../../src/core/fhir.ts';
import { check, notApplicable, notTestable, pass, worst } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import { came, type Hearing, left } from '../../../src/core/heard.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { crd } from '../../sources.ts';
import { none, onCase, status, at as step } from '../marks.ts';
import { atSecond, bodyOf, carried, contextOf, hook, pathIn, resourcesIn, shared, signs } from './lib.ts';

const several = crd('deviations.html#hook-invocation-for-multi-coverage-patients', 'dev-26, dev-28 to dev-32');
const switchedOff = (each: Exchange): boolean => at(bodyOf(each), 'extension', 'davinci-crd.configuration', 'coverage-info') === false;

const goesOn = (each: JsonObject): boolean =>
  each['resourceType'] === 'Coverage' && each['status'] === 'active' && !(Date.parse(asString(at(each, 'period', 'end')) ?? '') < Date.now());

/** What is ordered: an order may have another id at each payer. */
const ordered = (order: JsonObject): string =>
  JSON.stringify(order['code'] ?? order['codeCodeableConcept'] ?? order['medicationCodeableConcept'] ?? pathIn(order));
const ordersOf = (call: Exchange): readonly string[] => resourcesIn(contextOf(call)['draftOrders']).map(ordered);

/** Nothing is the right thing: no answer can be seen, so the end of the trigger and both controls are in its place. */
function silent(cases: readonly string[]) {
  return ({ plays, heard }: Hearing): Finding =>
    worst(
      cases.map((id) => {
        const play = plays.find((each) => each.case === id);
        if (play === undefined) return notTestable(`Case ${id} was not part of this run.`, 'target-file');
        const called = heard.filter((each) => each.suite === id && hook(each) && !atSecond(each));
        // Whose call carries a coverage that goes on was not told that it has ended.
        if (id === 'C8a' && called.some((each) => carried(each).some(goesOn)))
          return notTestable(`Case ${id}: the call carries a coverage that has not ended, so the client was not set up for this case.`, 'set-up');
        if (called.length > 0 && play.before === 'completed') return none(called, 'hook call');
        return play.before === 'completed' && play.after === 'completed'
          ? pass
          : notTestable(`Case ${id}: the same journey at a healthy payer was not completed on both sides, so silence proves nothing.`, 'set-up');
      }),
    );
}

export const coverageRows: readonly ClientRow[] = [
  {
    id: 'client.discovery.payer-routing',
    text: 'A hook is called at the payer of the active coverage, and at no other.',
    source: crd('hooks.html', 'hook-1'),
    ...shared,
    lines: ['L1'],
    cases: ['D1'],
    judge: onCase(['D1'], hook, ({ heard }) =>
      none(
        heard.filter((each) => hook(each) && !atSecond(each)),
        'hook call at a payer with whom the member is not insured',
      ),
    ),
    faults: [{ name: 'asks every payer that it knows', behaves: 'asks-every-payer' }],
  },
  {
    id: 'client.discovery.crd-rerun-on-error',
    text: 'When the service that was in use is gone, the list of services is read again.',
    source: crd('foundation.html', 'found-17'),
    ...shared,
    lines: ['L1', 'L7'],
    level: 'SHOULD',
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['D6'],
    judge: onCase(
      ['D6'],
      (each) => hook(each) && status(each) === 404,
      ({ after, seen }) => check(after.some(step('cds.discovery')), seen, 'GET /cds-services after 404', `${after.length} other requests`),
    ),
    faults: [{ name: 'reads the list of services once', behaves: 'discovers-once' }],
  },
  {
    id: 'client.crd.primary-coverage',
    text: 'With several payers, coverage information is asked of the primary one only.',
    source: several,
    ...shared,
    cases: ['C4'],
    judge: onCase(['C4'], signs, ({ heard, seen }) => {
      const calls = heard.filter(signs);
      const [first, second] = [calls.filter((each) => !atSecond(each)), calls.filter(atSecond)];
      if (first.length === 0 || second.length === 0)
        return check(!calls.every(switchedOff), seen, 'coverage information asked of the one payer that is called', 'switched off');
      // Items of an order may have different primary payers: those that only one payer is asked about are judged alone.
      const about = (calls: readonly Exchange[], others: readonly Exchange[]): readonly Exchange[] =>
        calls.filter((call) => ordersOf(call).some((each) => others.flatMap(ordersOf).includes(each)));
      const [both, same] = [about(first, second), about(second, first)];
      if (both.length === 0)
        return worst(
          [first, second].map((each) =>
            check(!each.every(switchedOff), seen, 'coverage information asked of the payer of these items', 'switched off'),
          ),
        );
      const off = [both, same].filter((each) => each.every(switchedOff)).length;
      return check(off === 1, seen, 'coverage-info: false at exactly one of the two payers', `at ${off}`);
    }),
    faults: [{ name: 'asks both payers for coverage information', behaves: 'asks-both-for-coverage' }],
  },
  {
    id: 'client.crd.parallel',
    text: 'Several payers are called at the same time.',
    source: several,
    ...shared,
    lines: ['L6'],
    cases: ['C4'],
    judge: onCase(['C4'], signs, ({ heard, seen }) => {
      // A call that was refused is over at once.
      const calls = heard.filter((each) => signs(each) && ![400, 404].includes(status(each)));
      const [first, second] = [calls.find((each) => !atSecond(each)), calls.find(atSecond)];
      if (first === undefined || second === undefined) return notApplicable('Only one payer was called.');
      const [early, late] = came(first) <= came(second) ? [first, second] : [second, first];
      return check(
        came(late) < left(early),
        seen,
        'the second call before the first is answered',
        `${Math.round(came(late) - left(early))} ms after it`,
      );
    }),
    faults: [{ name: 'asks one payer after the other', behaves: 'one-payer-after-the-other' }],
  },
  {
    id: 'client.crd.active-coverage-only',
    text: 'No hook is called for a coverage that has ended, nor for an order that the patient pays alone.',
    source: several,
    ...shared,
    lines: ['L4'],
    cases: ['C8a', 'C8b'],
    judge: silent(['C8a', 'C8b']),
    faults: [
      { name: 'asks although the coverage has ended', behaves: 'asks-for-ended-coverage' },
      { name: 'asks although the patient pays alone', behaves: 'asks-for-self-pay' },
    ],
  },
];
