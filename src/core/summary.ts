import { type Grade, grade } from './grade.ts';
import type { BoundLimit } from './limits.ts';
import type { LatencySeries, Operation, Run, Scenario, Selection } from './model.ts';
import { type CellMark, countsIn, markOf, scorecard } from './scorecard.ts';
import { assess, type LimitVerdict } from './stats/assess.ts';
import { allScenarios } from './steps.ts';

/** A run in a few kilobytes, for what is asked of many runs at once: history, trends, prunings. summary.json beside run.json. */
export interface Summary {
  readonly format: 1;
  /** Name in the target file: runs of one name are one history. */
  readonly target: string;
  /** Who was judged; absent: a payer. */
  readonly side?: 'client';
  /** ISO instants. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly version: string;
  readonly result: Grade['result'];
  readonly exitCode: Grade['exitCode'];
  /** Why the run makes no statement. */
  readonly mute?: string;
  readonly counts: Grade['counts'];
  readonly verified: number;
  readonly requests: number;
  readonly selection?: Selection;
  /** Profile of the load beside the run. */
  readonly load?: string;
  /** Scenarios that were part of the run. */
  readonly scenarios: Readonly<Partial<Record<Scenario, ScenarioSummary>>>;
  readonly times: readonly TimeSummary[];
  /** Ids of SHALL rows that fail and are not expected to. */
  readonly failed: readonly string[];
}

export interface ScenarioSummary {
  /** The worst of its cells. */
  readonly mark: CellMark;
  readonly pass: number;
  readonly fail: number;
  readonly warning: number;
  readonly open: number;
}

/** One operation, alone (`single`) or under load (`k6`); ms. */
export interface TimeSummary {
  readonly operation: Operation;
  readonly source: LatencySeries['source'];
  readonly calls: number;
  readonly errors: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly limits: readonly (Pick<BoundLimit, 'percentile' | 'limit' | 'origin'> & Pick<LimitVerdict, 'seen' | 'verdict'>)[];
}

/** What is kept of a run for its history. Holds no word that a server said: a redacted run cannot leak by its summary. */
export function summaryOf(run: Run): Summary {
  const result = grade(run, run.finishedAt.slice(0, 10));
  return {
    format: 1,
    target: run.target.name,
    ...(run.side === 'client' ? { side: 'client' as const } : {}),
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    version: run.tool.version,
    result: result.result,
    exitCode: result.exitCode,
    ...(result.mute === undefined ? {} : { mute: result.mute }),
    counts: result.counts,
    verified: result.verified,
    requests: run.exchanges.length,
    ...(run.selection === undefined ? {} : { selection: run.selection }),
    ...(run.latency?.load === undefined ? {} : { load: run.latency.load.profile }),
    scenarios: scenariosOf(run),
    times: timesOf(run),
    failed: result.failed,
  };
}

function scenariosOf(run: Run): Summary['scenarios'] {
  const cells = scorecard(run.verdicts, run.selection);
  const order: readonly CellMark[] = ['fail', 'warning', 'expected', 'not-testable', 'pass', 'not-applicable'];
  return Object.fromEntries(
    allScenarios.flatMap((scenario) => {
      const mine = cells.filter((cell) => cell.scenario === scenario);
      const mark = order.find((each) => mine.some((cell) => cell.mark === each));
      if (mark === undefined) return [];
      const marks = run.verdicts.filter((each) => countsIn(each, scenario)).map(markOf);
      const count = (...wanted: CellMark[]) => marks.filter((each) => wanted.includes(each)).length;
      return [[scenario, { mark, pass: count('pass'), fail: count('fail'), warning: count('warning', 'expected'), open: count('not-testable') }]];
    }),
  );
}

function timesOf({ latency, target }: Run): readonly TimeSummary[] {
  if (latency === undefined) return [];
  return assess(latency, target.agreement).flatMap(({ operation, source, calls, errors, summary, limits }) =>
    summary === undefined
      ? []
      : [
          {
            ...{ operation, source, calls, errors },
            p50: rounded(summary.p50),
            p95: rounded(summary.p95),
            p99: rounded(summary.p99),
            limits: limits.map(({ percentile, limit, origin, seen, verdict }) => ({
              ...{ percentile, limit, origin, verdict },
              ...(seen === undefined ? {} : { seen: rounded(seen) }),
            })),
          },
        ],
  );
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;
