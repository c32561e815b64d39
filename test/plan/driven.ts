import { checks } from '../../checks/index.ts';
import type { Embedded } from '../../mocks/embedded.ts';
import type { Run, Target } from '../../src/core/model.ts';
import { suitesShowing } from '../../src/plan/needs.ts';
import type { Resolved } from '../../src/plan/types.ts';
import { rowsAskedBy } from '../../src/plan/variant.ts';
import { choose } from '../../src/run/choose.ts';
import { drive } from '../../src/run/drive.ts';
import { graded } from '../../src/run/run.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';

/** The run that plans need of this payer, with this target file. `selection`: what of it is driven, as the run will say. */
export async function drivenFor(
  embedded: Embedded,
  plans: readonly Resolved[],
  target: Target,
  selection: NonNullable<Run['selection']>,
): Promise<Run> {
  const mine = checks.filter(({ id }) => plans.some((each) => rowsAskedBy(each)[id] !== undefined));
  const chosen = choose({ suites, checks: mine }, { ...selection, plans: plans.map(({ plan }) => plan.plan) }, target, suitesShowing(plans, suites));
  const session = openSession(target, embedded.secrets);
  const startedAt = new Date().toISOString();
  try {
    const evidence = await drive({ target, suites: chosen.suites, ...session });
    const run: Run = {
      ...{ format: 1, tool: { name: 'payer-assay', version: '0.1.0' }, target: evidence.target, startedAt, finishedAt: new Date().toISOString() },
      ...{ exchanges: evidence.exchanges, blocked: evidence.blocked, notRun: [], verdicts: [], selection },
      ...(evidence.suites === undefined ? {} : { suites: evidence.suites }),
    };
    return graded(run, chosen.checks);
  } finally {
    session.close();
  }
}

/** A target file that leaves these entries out. */
export const without = (target: Target, ...entries: readonly (keyof Target)[]): Target =>
  Object.fromEntries(Object.entries(target).filter(([name]) => !entries.some((each) => each === name))) as unknown as Target;
