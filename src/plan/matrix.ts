import { mark } from '../core/grade.ts';
import { latencyOf } from '../core/latency.ts';
import type { Run, Scenario } from '../core/model.ts';
import { countsIn } from '../core/scorecard.ts';
import { summaryOf } from '../core/stats/histogram.ts';
import { scenarios } from '../core/vocabulary.ts';
import type { PlanGrade } from './grade.ts';

/** Several payers under one plan, side by side: what the page needs and no more. */

export type Mark = ReturnType<typeof mark>;

export interface Timed {
  readonly operation: string;
  readonly n: number;
  /** ms. */
  readonly p50: number;
  readonly p95: number;
}

export interface Entrant {
  readonly name: string;
  /** Folder of its pages, relative to the matrix; absent where there is none. */
  readonly folder?: string;
  /** Why there is no grade: it did not start, or ended before it was graded. */
  readonly why?: string;
  readonly grade?: Omit<PlanGrade, 'verdicts'>;
  /** By row. */
  readonly rows: Readonly<Record<string, { readonly mark: Mark; readonly level: string; readonly text: string }>>;
  readonly scenarios: Readonly<Partial<Record<Scenario, Readonly<Record<Mark, number>>>>>;
  readonly timed: readonly Timed[];
}

export interface Matrix {
  readonly plan: string;
  readonly title: string;
  readonly made: string;
  readonly entrants: readonly Entrant[];
}

/** A target that came to no grade. */
export const failedToStart = (name: string, why: string): Entrant => ({ name, why, rows: {}, scenarios: {}, timed: [] });

/** One graded run in a few kilobytes. */
export function entrantOf(run: Pick<Run, 'exchanges' | 'startedAt' | 'latency'>, { verdicts, ...grade }: PlanGrade, folder: string): Entrant {
  const none = (): Record<Mark, number> => ({ pass: 0, fail: 0, warning: 0, 'not-testable': 0, 'not-applicable': 0 });
  const counts: Partial<Record<Scenario, Record<Mark, number>>> = {};
  for (const verdict of verdicts)
    for (const scenario of scenarios.filter((each) => countsIn(verdict, each))) {
      counts[scenario] ??= none();
      counts[scenario][mark(verdict)]++;
    }
  const { series } = latencyOf(run.exchanges, run.startedAt);
  return {
    name: grade.product,
    folder,
    grade,
    rows: Object.fromEntries(
      verdicts.map((each) => {
        const { finding } = each;
        const text = finding.outcome === 'fail' ? `expected ${finding.expected}; seen ${finding.actual}` : 'reason' in finding ? finding.reason : '';
        return [each.requirement, { mark: mark(each), level: each.level, text: text.slice(0, 160) }];
      }),
    ),
    scenarios: counts,
    timed: series.flatMap(({ operation, total, ok }) => {
      const summary = summaryOf(total.filter((_, nth) => ok[nth] === 1));
      return summary === undefined ? [] : [{ operation, n: summary.n, p50: summary.p50, p95: summary.p95 }];
    }),
  };
}

/** Quickest first by p95, for each operation that somebody was timed at. */
export function league(
  entrants: readonly Entrant[],
): readonly { readonly operation: string; readonly places: readonly (Timed & { readonly name: string })[] }[] {
  const operations = [...new Set(entrants.flatMap(({ timed }) => timed.map(({ operation }) => operation)))];
  return operations.map((operation) => ({
    operation,
    places: entrants
      .flatMap(({ name, timed }) => timed.filter((each) => each.operation === operation).map((each) => ({ ...each, name })))
      .sort((a, b) => a.p95 - b.p95),
  }));
}
