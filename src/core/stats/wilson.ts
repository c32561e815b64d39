import { normalQuantile } from './normal.ts';

/** Bounds and verdicts for "at least this share of calls within the limit". */

/**
 * Lower end of the Wilson score interval for a share, one-sided.
 * `successes` of `n`; `confidence` 0-1. Zero when nothing was counted.
 * Source: Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953
 */
export function wilsonLower(successes: number, n: number, confidence = 0.95): number {
  return n === 0 ? 0 : wilson(successes / n, n, -normalQuantile(confidence));
}

/** Upper end of the same interval; one when nothing was counted. */
export function wilsonUpper(successes: number, n: number, confidence = 0.95): number {
  return n === 0 ? 1 : wilson(successes / n, n, normalQuantile(confidence));
}

function wilson(share: number, n: number, z: number): number {
  const square = (z * z) / n;
  const end = (share + square / 2 + z * Math.sqrt((share * (1 - share)) / n + square / (4 * n))) / (1 + square);
  return Math.min(1, Math.max(0, end));
}

export interface ShareVerdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly share: number;
  readonly lower: number;
  readonly upper: number;
  /** Further calls that would decide it if the share stays as it is; 0 when decided, Infinity when none would do. */
  readonly needed: number;
}

/**
 * The rule for a share that must be reached (CRD: 0.9 of calls within the limit): pass when the lower bound reaches it, fail when the
 * observed share is below it, inconclusive in between: the share looks right, but chance alone could have made it so.
 */
export function judgeShare(within: number, n: number, wanted: number, confidence = 0.95): ShareVerdict {
  const share = n === 0 ? 0 : within / n;
  const lower = wilsonLower(within, n, confidence);
  const upper = wilsonUpper(within, n, confidence);
  if (n > 0 && share < wanted) return { verdict: 'fail', share, lower, upper, needed: 0 };
  if (n > 0 && lower >= wanted) return { verdict: 'pass', share, lower, upper, needed: 0 };
  return { verdict: 'inconclusive', share, lower, upper, needed: samplesNeeded(within, n, wanted, confidence) };
}

/** Calls still needed for a pass if the share observed so far stays; with none so far, as if all calls were in time. */
export function samplesNeeded(within: number, n: number, wanted: number, confidence = 0.95): number {
  const share = n === 0 ? 1 : within / n;
  if (share <= wanted && !(share === 1 && wanted < 1)) return Number.POSITIVE_INFINITY;
  const z = -normalQuantile(confidence);
  const enough = (total: number) => wilson(share, total, z) >= wanted;
  let high = Math.max(1, n);
  while (!enough(high)) high *= 2;
  let low = Math.max(0, n);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (middle > 0 && enough(middle)) high = middle;
    else low = middle + 1;
  }
  return high - n;
}

/** Calls to plan for, so that a payer whose true share is `truth` passes with about this `power`. */
export function plannedSamples(truth: number, wanted: number, confidence = 0.95, power = 0.9): number {
  if (truth <= wanted) return Number.POSITIVE_INFINITY;
  const [za, zb] = [normalQuantile(confidence), normalQuantile(power)];
  const spread = za * Math.sqrt(wanted * (1 - wanted)) + zb * Math.sqrt(truth * (1 - truth));
  return Math.ceil((spread / (truth - wanted)) ** 2);
}
