import type { Verdict } from '../../src/core/model.ts';
import { discoveryScore, identityScore, type RubricScore } from '../../src/core/rubric/by-verdicts.ts';
import { marks } from './words.ts';

const states = { met: marks.pass, missed: marks.fail, open: marks['not-testable'] } as const;

/** Rubrics 4 and 5, criterion by criterion. */
export const rubricsView = (verdicts: readonly Verdict[]) => [
  rubricView('Secure and consistent discovery', discoveryScore(verdicts)),
  rubricView('Identity and access', identityScore(verdicts)),
];

const rubricView = (title: string, { points, judged, max, criteria }: RubricScore) => ({
  title,
  points,
  judged,
  max,
  whole: judged === max,
  criteria: criteria.map((each) => ({
    ...states[each.state],
    word: each.state,
    title: each.title,
    points: each.points,
    max: each.max,
    rows: each.rows,
    broken: each.broken ?? '',
  })),
});
