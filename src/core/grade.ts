import type { Run, Target, Verdict } from './model.ts';

/** What a run comes to: result, exit code, and the ids behind them. */
export interface Grade {
  readonly result: 'conformant' | 'non-conformant' | 'incomplete';
  /** 0 conformant, 1 non-conformant or a stale expectation, 2 incomplete. 3 is kept for usage and harness errors. */
  readonly exitCode: 0 | 1 | 2;
  /** Why the run makes no statement, whatever its verdicts: not the whole of a run, or nothing in it passed. */
  readonly mute?: string;
  readonly failed: readonly string[];
  readonly warned: readonly string[];
  readonly expected: readonly string[];
  /** Expectations that did not fail, or that have expired. */
  readonly stale: readonly { readonly requirement: string; readonly why: string }[];
  /** SHALL rows that could not be tested. */
  readonly open: readonly string[];
  readonly counts: Readonly<Record<'pass' | 'fail' | 'warning' | 'not-testable' | 'not-applicable', number>>;
  /** Requirements with a verdict of pass or fail, against the target's floor. */
  readonly verified: number;
  /** Answers under load about another member than the one asked for: a single one makes the payer non-conformant (rubric 3). */
  readonly mixedUp: number;
}

/** How one verdict counts on the scorecard. */
export function mark(verdict: Verdict): keyof Grade['counts'] {
  const { finding, level } = verdict;
  if (finding.outcome !== 'fail') return finding.outcome;
  return level === 'SHALL' && finding.severity !== 'warning' ? 'fail' : 'warning';
}

/** The only place that knows the grading rule (docs/architecture.md, "Verdicts and grade"). `today` is YYYY-MM-DD. */
export function grade(
  run: Pick<Run, 'verdicts' | 'latency' | 'partial'> & { readonly target: Pick<Target, 'expectedFailures' | 'minVerified'> },
  today: string,
): Grade {
  const { verdicts, target } = run;
  const counts = { pass: 0, fail: 0, warning: 0, 'not-testable': 0, 'not-applicable': 0 };
  for (const verdict of verdicts) counts[mark(verdict)]++;
  const ids = (keep: (verdict: Verdict) => boolean) => verdicts.filter(keep).map((each) => each.requirement);
  const failed = ids((each) => mark(each) === 'fail' && !each.expected);
  const open = ids((each) => each.level === 'SHALL' && each.finding.outcome === 'not-testable');
  const stale = (target.expectedFailures ?? []).flatMap((each) => {
    const verdict = verdicts.find((candidate) => candidate.requirement === each.requirement);
    if (each.expires < today)
      return [{ requirement: each.requirement, why: `the expectation expired on ${each.expires}; ${each.owner} must renew or remove it` }];
    if (verdict?.finding.outcome === 'pass')
      return [{ requirement: each.requirement, why: `it passes now; ${each.owner} should remove the expectation` }];
    return verdict ? [] : [{ requirement: each.requirement, why: 'no requirement has this id' }];
  });
  const verified = counts.pass + counts.fail + counts.warning;
  const below = verified < (target.minVerified ?? 0);
  const mixedUp = run.latency?.load?.mixedUp ?? 0;
  const broken = failed.length > 0 || mixedUp > 0;
  const mute = run.partial ?? (broken ? undefined : nothingPassed(verdicts.length, counts.pass));
  const result = mute !== undefined ? 'incomplete' : broken ? 'non-conformant' : open.length > 0 || below ? 'incomplete' : 'conformant';
  return {
    result,
    exitCode: mute !== undefined ? 2 : result === 'non-conformant' || stale.length > 0 ? 1 : result === 'incomplete' ? 2 : 0,
    ...(mute === undefined ? {} : { mute }),
    failed,
    warned: ids((each) => mark(each) === 'warning' && !each.expected),
    expected: ids((each) => each.expected !== undefined),
    stale,
    open,
    counts,
    verified,
    mixedUp,
  };
}

/** No verdict, no grade; and where nothing passed, nothing was shown. */
const nothingPassed = (verdicts: number, passed: number): string | undefined =>
  verdicts === 0 ? 'it holds no verdicts: nothing was judged' : passed === 0 ? 'not one requirement passed' : undefined;
