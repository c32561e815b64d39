import { type BoundLimit, limitsOf, shares } from '../limits.ts';
import type { Agreement, LatencyData, LatencySeries, Operation } from '../model.ts';
import { type Interval, quantileInterval } from './bootstrap.ts';
import { type Summary, summaryOf } from './histogram.ts';
import { kneeOf } from './knee.ts';
import { judgeShare } from './wilson.ts';

/** Latency samples against their limits. Only answers that succeeded are timed; errors are counted apart, or a fast refusal would look good. */

export interface LimitVerdict extends BoundLimit {
  /** ms at the limit's percentile, with its 95 % interval; absent when nothing was measured. */
  readonly seen?: number;
  readonly interval?: Interval;
  /** Share of calls within the limit, and the lower end of its 95 % interval. */
  readonly share: number;
  readonly lower: number;
  /** `above`: a default is exceeded, which informs and never fails. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'within' | 'above';
  /** Further calls that would decide an inconclusive one. */
  readonly needed: number;
}

export interface OperationReport {
  readonly operation: Operation;
  readonly source: LatencySeries['source'];
  readonly calls: number;
  readonly errors: number;
  /** Of the answers that succeeded. */
  readonly summary?: Summary;
  readonly limits: readonly LimitVerdict[];
  readonly series: LatencySeries;
}

/** Samples of a load that count for nothing (warm-up, at rest, overload) are left out. */
export function assess(data: LatencyData, agreement: Agreement | undefined): readonly OperationReport[] {
  const counts = counting(data, agreement);
  return data.series.map((series) => {
    const kept = series.total.flatMap((total, index) => (counts(series, index) ? [{ total, ok: series.ok[index] === 1 }] : []));
    const good = kept.flatMap(({ total, ok }) => (ok ? [total] : []));
    const summary = summaryOf(good);
    return {
      operation: series.operation,
      source: series.source,
      calls: kept.length,
      errors: kept.length - good.length,
      ...(summary === undefined ? {} : { summary }),
      limits: limitsOf(series.operation, agreement).map((limit) => judgeLimit(limit, good, summary)),
      series,
    };
  });
}

/** Which samples count? Those of stages beyond the agreement or the knee, at rest, and before the payer is warm do not. */
export function counting(data: LatencyData, agreement: Agreement | undefined): (series: LatencySeries, index: number) => boolean {
  const { load } = data;
  const most = kneeOf(data, agreement)?.last?.rate ?? Number.POSITIVE_INFINITY;
  const stages = (load?.stages ?? []).map(({ kind, rate }) => kind === 'steady' || kind === 'export' || (kind === 'step' && rate <= most));
  return (series, index) => series.source !== 'k6' || !load || (stages[series.stage?.[index] ?? -1] ?? (series.at[index] ?? 0) >= load.warmUpMs);
}

function judgeLimit(limit: BoundLimit, samples: readonly number[], summary: Summary | undefined): LimitVerdict {
  const wanted = shares[limit.percentile];
  const within = samples.filter((ms) => ms <= limit.limit).length;
  const { verdict, share, lower, needed } = judgeShare(within, samples.length, wanted);
  return {
    ...limit,
    ...(summary === undefined ? {} : { seen: summary[limit.percentile], interval: quantileInterval(samples, wanted) }),
    share,
    lower,
    needed,
    verdict: limit.origin !== 'default' ? verdict : share >= wanted ? 'within' : 'above',
  };
}
