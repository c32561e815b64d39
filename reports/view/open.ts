import type { Run } from '../../src/core/model.ts';
import { blameOfReason } from './blame.ts';
import { line } from './text.ts';

const most = 40;

/** What did not run. Never counted as met; equal reasons are told once, with the requirements that wait for them. */
export function openView(run: Run) {
  const groups = new Map<string, string[]>();
  for (const { requirement, finding } of run.verdicts) {
    if (finding.outcome !== 'not-testable') continue;
    const group = groups.get(finding.reason);
    if (group) group.push(requirement);
    else groups.set(finding.reason, [requirement]);
  }
  const sorted = [...groups].sort((a, b) => b[1].length - a[1].length);
  return {
    groups: sorted.slice(0, most).map(([reason, ids]) => ({
      reason: line(reason, 420),
      blame: blameOfReason(reason),
      count: ids.length,
      first: ids.slice(0, 3),
      rest: ids.slice(3),
    })),
    more: Math.max(0, sorted.length - most),
    notRun: run.notRun.map((each) => ({ what: line(each.what, 160), why: line(each.why, 300), fix: line(each.fix, 300) })),
    blocked: run.blocked.map((each) => ({ suite: line(each.suite, 80), reason: line(each.reason, 400), blame: blameOfReason(each.reason) })),
  };
}
