/**
 * Exact quantiles of raw samples by nearest rank: the smallest sample that at least the share `p` (0-1) of all samples do not exceed.
 * An answer is always one of the samples, so a reader can look it up. Throws RangeError when there is no sample.
 */
export function quantile(samples: readonly number[], p: number): number {
  return quantileOfSorted(
    [...samples].sort((a, b) => a - b),
    p,
  );
}

/** The same for samples already in ascending order. */
export function quantileOfSorted(sorted: readonly number[], p: number): number {
  const value = sorted[rank(sorted.length, p)];
  if (value === undefined) throw new RangeError('A quantile needs at least one sample, seen: none.');
  return value;
}

/** Zero-based position of the nearest rank. The small term undoes binary fractions such as 0.9 * 10 = 9.000000000000002. */
export const rank = (n: number, p: number): number => Math.min(n - 1, Math.max(0, Math.ceil(p * n - 1e-9) - 1));

/** Smallest number of samples at which a quantile says anything: 100 for p90 and 1,000 for p99 (rubric 2). */
export function samplesFor(p: number): number {
  return p <= 0.5 ? 20 : p <= 0.9 ? 100 : p <= 0.95 ? 200 : 1000;
}
