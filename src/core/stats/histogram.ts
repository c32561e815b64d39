import { build, type Histogram } from 'hdr-histogram-js';

/** Percentiles of many samples through an HDR histogram: three significant digits, 1 microsecond to one hour; histograms of segments add up. */

const unit = 1000; // a histogram counts integers: microseconds
const longest = 3_600_000 * unit;

/** From samples in ms. Samples beyond an hour count as an hour. */
export function histogramOf(samples: Iterable<number>): Histogram {
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: longest, numberOfSignificantValueDigits: 3 });
  for (const ms of samples) histogram.recordValue(Math.min(longest, Math.max(1, Math.round(ms * unit))));
  return histogram;
}

export interface Summary {
  readonly n: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/** All in ms; undefined when there is no sample. */
export function summaryOf(samples: readonly number[]): Summary | undefined {
  if (samples.length === 0) return undefined;
  const histogram = histogramOf(samples);
  const at = (p: number) => histogram.getValueAtPercentile(p) / unit;
  return {
    n: samples.length,
    min: Math.min(histogram.minNonZeroValue / unit, at(0)),
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    max: samples.reduce((a, b) => Math.max(a, b), 0),
    mean: samples.reduce((a, b) => a + b, 0) / samples.length,
  };
}
