import { type BoundLimit, limitsOf, shares } from '../limits.ts';
import type { Agreement, LatencyData, LatencySeries, Operation } from '../model.ts';
import { type Interval, quantileInterval } from './bootstrap.ts';
import { type Summary, summaryOf } from './histogram.ts';
import { kneeOf, stagesHeld } from './knee.ts';
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

export interface OperationReport extends Kept {
  readonly operation: Operation;
  readonly source: LatencySeries['source'];
  readonly calls: number;
  readonly errors: number;
  /** Of the answers that succeeded. */
  readonly summary?: Summary;
  readonly limits: readonly LimitVerdict[];
}

/** One series without the samples that count for nothing: of stages beyond the agreement or the knee, without load, and before the payer was warm. */
export interface Kept {
  readonly series: LatencySeries;
  /** Places of the samples that count, and times of those among them that succeeded, ms. */
  readonly places: readonly number[];
  readonly good: readonly number[];
}

export function keptOf(data: LatencyData, agreement: Agreement | undefined): readonly Kept[] {
  const { load } = data;
  const held = stagesHeld(data, agreement);
  const most = kneeOf(held)?.last?.rate ?? Number.POSITIVE_INFINITY;
  const stages = held.map(({ stage: { kind, rate } }) => kind === 'steady' || kind === 'export' || (kind === 'step' && rate <= most));
  return data.series.map((series) => {
    const counts = (place: number): boolean =>
      series.source !== 'k6' || !load || (stages[series.stage?.[place] ?? -1] ?? (series.at[place] ?? 0) >= load.warmUpMs);
    const places = [...series.total.keys()].filter(counts);
    return { series, places, good: places.flatMap((place) => (series.ok[place] === 1 ? [series.total[place] ?? 0] : [])) };
  });
}

/** Every operation against its limits, by the samples that count. */
export const assess = (data: LatencyData, agreement: Agreement | undefined): readonly OperationReport[] =>
  keptOf(data, agreement).map((kept) => {
    const { series, places, good } = kept;
    const summary = summaryOf(good);
    return {
      ...kept,
      operation: series.operation,
      source: series.source,
      calls: places.length,
      errors: places.length - good.length,
      ...(summary === undefined ? {} : { summary }),
      limits: limitsOf(series.operation, agreement).map((limit) => judgeLimit(limit, good, summary)),
    };
  });

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
