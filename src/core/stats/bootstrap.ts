import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { normalQuantile } from './normal.ts';
import { quantileOfSorted, rank } from './quantile.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Above this, resampling tells nothing that the order statistics do not, and costs far more. */
const mostResampled = 5000;

/**
 * Confidence interval of a quantile, two-sided. Percentile bootstrap with a seeded generator up to 5,000 samples (same seed, same interval);
 * beyond, the distribution-free interval from order statistics, to which the bootstrap tends.
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13.
 */
export function quantileInterval(
  samples: readonly number[],
  p: number,
  options: { readonly confidence?: number; readonly resamples?: number; readonly seed?: number } = {},
): Interval {
  const { confidence = 0.95, resamples = 400, seed = 1 } = options;
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) throw new RangeError('An interval needs at least one sample, seen: none.');
  if (n > mostResampled) return fromOrder(sorted, p, confidence);
  const random = xoroshiro128plus(seed);
  const wanted = rank(n, p);
  const drawn = Array.from({ length: resamples }, () => {
    // Counting how often each rank was drawn finds the quantile of the resample without sorting it.
    const counts = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      const drew = uniformInt(random, 0, n - 1);
      counts[drew] = (counts[drew] ?? 0) + 1;
    }
    let seen = 0;
    for (let i = 0; i < n; i++) {
      seen += counts[i] ?? 0;
      if (seen > wanted) return sorted[i] ?? 0;
    }
    return sorted[n - 1] ?? 0;
  });
  return { low: spread(drawn, (1 - confidence) / 2), high: spread(drawn, (1 + confidence) / 2) };
}

const spread = (values: readonly number[], p: number): number =>
  quantileOfSorted(
    [...values].sort((a, b) => a - b),
    p,
  );

function fromOrder(sorted: readonly number[], p: number, confidence: number): Interval {
  const n = sorted.length;
  const half = normalQuantile((1 + confidence) / 2) * Math.sqrt(n * p * (1 - p));
  const at = (index: number) => sorted[Math.min(n - 1, Math.max(0, index))] ?? 0;
  return { low: at(Math.floor(n * p - half) - 1), high: at(Math.ceil(n * p + half)) };
}
