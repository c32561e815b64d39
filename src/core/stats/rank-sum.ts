import { normalTail } from './normal.ts';

/** Did one set of samples shift against another? Says nothing about how they are spread, and asks nothing of it. */

export interface Shift {
  /** Two-sided; small = the difference is no accident. */
  readonly p: number;
  /** Chance that a sample of B is larger than one of A; 0.5 = no difference. */
  readonly larger: number;
}

/**
 * Mann-Whitney U test by the normal approximation, corrected for ties and continuity. Fewer than eight samples on a side decide nothing (p = 1).
 * Source: https://doi.org/10.1214/aoms/1177730491
 */
export function rankSum(a: readonly number[], b: readonly number[]): Shift {
  const [n, m] = [a.length, b.length];
  if (n < 8 || m < 8) return { p: 1, larger: 0.5 };
  const all = [...a.map((value) => ({ value, own: false })), ...b.map((value) => ({ value, own: true }))].sort((x, y) => x.value - y.value);
  let [ranks, ties] = [0, 0];
  for (let from = 0; from < all.length; ) {
    let to = from;
    let own = 0;
    while (to < all.length && all[to]?.value === all[from]?.value) if (all[to++]?.own) own++;
    ranks += own * ((from + 1 + to) / 2);
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  const u = ranks - (m * (m + 1)) / 2;
  const size = n + m;
  const variance = ((n * m) / 12) * (size + 1 - ties / (size * (size - 1)));
  if (variance <= 0) return { p: 1, larger: 0.5 };
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return { p: Math.min(1, 2 * normalTail(z)), larger: u / (n * m) };
}

/** Did a share change? Two-proportion z test, two-sided; 1 when either side is empty or both shares are 0 or 1. */
export function shareShift(hitsA: number, n: number, hitsB: number, m: number): number {
  if (n === 0 || m === 0) return 1;
  const pooled = (hitsA + hitsB) / (n + m);
  const variance = pooled * (1 - pooled) * (1 / n + 1 / m);
  return variance === 0 ? 1 : Math.min(1, 2 * normalTail(Math.abs(hitsA / n - hitsB / m) / Math.sqrt(variance)));
}

/** Holm's correction: which of these p values stand when all are looked at together. Same order as given. */
export function holm(values: readonly number[], level = 0.01): readonly boolean[] {
  const order = values.map((p, index) => ({ p, index })).sort((x, y) => x.p - y.p);
  const stands = values.map(() => false);
  for (const [rank, { p, index }] of order.entries()) {
    if (p > level / (values.length - rank)) break;
    stands[index] = true;
  }
  return stands;
}
