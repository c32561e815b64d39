import type { Because, Run } from '../../src/core/model.ts';
import { responsibleForCause } from './responsible.ts';
import { line } from './text.ts';

const most = 40;

/** What did not run. Never counted as passed; equal reasons are given once, with the requirements that wait for them. */
export function openView(run: Run) {
  const groups = new Map<string, { because: Because; ids: string[] }>();
  for (const { requirement, finding } of run.verdicts) {
    if (finding.outcome !== 'not-testable') continue;
    const group = groups.get(finding.reason);
    if (group) group.ids.push(requirement);
    else groups.set(finding.reason, { because: finding.because, ids: [requirement] });
  }
  // What the target file left out comes first: one entry fixes it.
  const first = ({ because }: { readonly because: Because }): number => (because === 'target-file' ? 0 : 1);
  const sorted = [...groups].sort((a, b) => first(a[1]) - first(b[1]) || b[1].ids.length - a[1].ids.length);
  return {
    groups: sorted.slice(0, most).map(([reason, { because, ids }]) => ({
      reason: line(reason, 420),
      responsible: responsibleForCause(because, run.side),
      count: ids.length,
      first: ids.slice(0, 3),
      rest: ids.slice(3),
    })),
    more: Math.max(0, sorted.length - most),
    notRun: run.notRun.map((each) => ({ what: line(each.what, 160), why: line(each.why, 300), fix: line(each.fix, 300) })),
    blocked: run.blocked.map((each) => ({
      suite: line(each.suite, 80),
      reason: line(each.reason, 400),
      responsible: responsibleForCause(each.because, run.side),
    })),
  };
}
