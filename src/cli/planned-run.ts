import type { Run } from '../core/model.ts';
import type { PlanGrade } from '../plan/grade.ts';
import { targetUnder } from '../plan/target.ts';
import type { Resolved } from '../plan/types.ts';

/** The run as its plan's page shows it: under the plan's guides, with the plan's verdicts. */
export function plannedRun(run: Run, { plan }: Resolved, grade: PlanGrade): Run {
  const used = Object.fromEntries(grade.guides.map((each) => [each.id, each.used]));
  return { ...run, target: targetUnder(run.target, used, plan.limits).target, verdicts: grade.verdicts };
}
