import type { Ask, Step } from '../core/model.ts';
import type { FactName, MustShow, Plan } from './types.ts';

/** Conversations that a plan's facts need besides those that its rows need. */

/** What a fact reads of the exchanges; facts that read verdicts alone are fed with their rows. */
const steps: Readonly<Partial<Record<FactName, readonly Step[]>>> = {
  metadata: ['metadata'],
  'export-finished': ['bulk.kickoff', 'bulk.status', 'bulk.manifest', 'bulk.file'],
  'claims-among-rows': ['bulk.kickoff', 'everything'],
  'prior-authorizations': ['bulk.kickoff', 'bulk.file'],
  'declared-types': ['search', 'everything'],
  'declared-claims': ['search', 'bulk.file'],
  timed: ['cds.hook'],
  'match-followed': ['group.operation', 'bulk.status'],
};

/** Does an answer to this ask show something to the fact? */
function shows({ step, variants, probes }: Ask, wanted: MustShow): boolean {
  const own = wanted.fact === 'answered' && wanted.step !== undefined ? [wanted.step] : (steps[wanted.fact] ?? []);
  if (!own.includes(step)) return false;
  const { variant } = wanted;
  // Polls and files of an export bear its variant; other suites ask the same step for other ends.
  return (
    variant === undefined ||
    variants === undefined ||
    variants.some((each) => each === variant) ||
    (wanted.member !== undefined && (probes ?? []).length > 0)
  );
}

/** Ids of the suites that ask what the plans must show. */
export const suitesShowing = (
  plans: readonly { readonly plan: Plan }[],
  suites: readonly { readonly id: string; readonly asks: readonly Ask[] }[],
): readonly string[] => {
  const wanted = plans.flatMap(({ plan }) => plan.mustShow);
  return suites.filter(({ asks }) => wanted.some((each) => asks.some((ask) => shows(ask, each)))).map(({ id }) => id);
};
