import { curlOf } from '../../reports/view/curl.ts';
import { exchangeView } from '../../reports/view/exchange.ts';
import { responsibleFor } from '../../reports/view/responsible.ts';
import { grade, mark } from '../core/grade.ts';
import type { Run, Verdict } from '../core/model.ts';

/** What the test of one requirement shows; small enough to be read by every worker. */
export interface Shown {
  readonly id: string;
  readonly state: 'passed' | 'failed' | 'warning' | 'expected failure' | 'stale expectation' | 'not testable' | 'not applicable';
  /** Expected and seen, or the reason. Absent when it simply passed. */
  readonly why?: string;
  readonly responsible?: string;
  readonly note?: string;
  /** Of a launched app: the picture of its last page, a file in the folder of the run. */
  readonly picture?: string;
  /** Of a launched app: what the browser did, for Playwright's viewer; a file in the folder of the run. */
  readonly trace?: string;
  /** The exchange that shows it, as text, without secrets, and the line that repeats its request. */
  readonly exchange?: { readonly title: string; readonly text: string; readonly curl: string };
}

/** One for each verdict of the run, in its order. */
export function shownOf(run: Run): readonly Shown[] {
  const stale = new Map(grade(run, run.finishedAt.slice(0, 10)).stale.map(({ requirement, why }) => [requirement, why]));
  return run.verdicts.map((verdict) => {
    const why = stale.get(verdict.requirement);
    const shown = one(run, verdict);
    return why === undefined || shown.state !== 'passed'
      ? shown
      : { ...shown, state: 'stale expectation', why: `The target file expects a failure: ${why}.` };
  });
}

function one(run: Run, verdict: Verdict): Shown {
  const { finding, requirement: id, expected } = verdict;
  if (finding.outcome === 'pass') return { id, state: 'passed', ...(finding.note === undefined ? {} : { note: finding.note }) };
  if (finding.outcome === 'not-applicable') return { id, state: 'not applicable', why: finding.reason };
  const responsible = responsibleFor(finding, run.side);
  if (finding.outcome === 'not-testable') return { id, state: 'not testable', why: finding.reason, responsible };
  const state = expected !== undefined ? 'expected failure' : mark(verdict) === 'fail' ? 'failed' : 'warning';
  return { id, state, responsible, why: `expected ${finding.expected}\nseen ${finding.actual}`, ...proofOf(run, finding.exchange) };
}

function proofOf(run: Run, index: number): Pick<Shown, 'exchange' | 'picture' | 'trace'> {
  const exchange = run.exchanges[index];
  if (!exchange) return {};
  const { title, request, response, notes } = exchangeView(exchange);
  const launch = exchange.follows ?? index;
  const seen = run.exchanges.find(({ step, follows }) => step === 'app.seen' && follows === launch)?.facts;
  const [picture, trace] = [seen?.['app.picture'], seen?.['app.trace']];
  return {
    ...(picture === undefined ? {} : { picture }),
    ...(trace === undefined ? {} : { trace }),
    exchange: { title, text: [title, ...notes, '', request, '', response].join('\n'), curl: curlOf(exchange.request) },
  };
}
