import { mark } from './grade.ts';
import type { Run, Verdict } from './model.ts';

/** What a run shows that its baseline did not: failures and warnings that are new. Without a baseline every one is new. */
export function newlyWrong(
  run: Pick<Run, 'verdicts'>,
  baseline?: Pick<Run, 'verdicts'>,
): { readonly failed: readonly Verdict[]; readonly warned: readonly Verdict[] } {
  const before = new Map(baseline?.verdicts.map((each) => [each.requirement, mark(each)]));
  const fresh = run.verdicts.filter((each) => !each.expected);
  return {
    failed: fresh.filter((each) => mark(each) === 'fail' && before.get(each.requirement) !== 'fail'),
    warned: fresh.filter((each) => mark(each) === 'warning' && !['fail', 'warning'].includes(before.get(each.requirement) ?? '')),
  };
}

/** What makes a CI job fail; `default` are the exit codes as they are documented. */
export const failOns = ['default', 'fail', 'new', 'warning', 'never'] as const;
export type FailOn = (typeof failOns)[number];

/**
 * The exit code for a CI job. `fail`: only failures, not what could not be tested. `new`: only failures that the baseline does not have. `warning`: warnings as
 * well. `never`: nothing. What was interrupted (2) is no success but under `never`, and trouble of ours (3) never is.
 */
export function codeFor(failOn: FailOn, code: number, run: Pick<Run, 'verdicts' | 'partial'>, baseline?: Pick<Run, 'verdicts'>): number {
  if (code >= 3 || failOn === 'default') return code;
  if (failOn === 'never') return 0;
  if (run.partial !== undefined) return 2;
  if (failOn === 'new') return newlyWrong(run, baseline).failed.length > 0 ? 1 : 0;
  if (failOn === 'warning') return code === 0 && newlyWrong(run).warned.length > 0 ? 1 : code;
  return code === 1 ? 1 : 0;
}
