import type { Run } from '../../src/core/model.ts';
import { discoveryScore } from '../../src/core/rubric/discovery.ts';
import { type IdentityItem, scoreIdentity } from '../../src/core/rubric/identity.ts';
import { line } from './text.ts';
import { criterionStates, marks } from './words.ts';

/** Rubrics 4 and 5, criterion by criterion: what it is, what it earned, and why. */
export function rubricsView(run: Run) {
  const discovery = discoveryScore(run.verdicts);
  const identity = scoreIdentity(run, run.verdicts);
  return [
    {
      title: 'Secure and consistent discovery',
      points: discovery.points,
      judged: discovery.judged,
      max: discovery.max,
      whole: discovery.judged === discovery.max,
      disclosures: [],
      criteria: discovery.criteria.map((each) => ({
        ...criterionStates[each.state],
        title: each.title,
        points: each.points,
        max: each.max,
        why: each.broken === undefined ? '' : `broken: ${each.broken}`,
        rows: each.rows,
      })),
    },
    {
      title: 'Identity and access',
      points: identity.points,
      judged: identity.reachable,
      max: identity.max,
      whole: identity.reachable === identity.max,
      disclosures: identity.disclosures.map((each) => line(each, 300)),
      criteria: identity.items.map((each) => ({
        ...identityStates[each.state],
        word: each.state === 'unknown' ? 'not known' : each.state,
        title: each.title,
        points: each.points,
        max: each.max,
        why: each.state === 'earned' ? '' : line(each.why, 300),
        rows: each.requirements,
      })),
    },
  ];
}

const identityStates: Readonly<Record<IdentityItem['state'], (typeof marks)['pass']>> = {
  earned: marks.pass,
  partly: marks.warning,
  lost: marks.fail,
  unknown: marks['not-testable'],
};
