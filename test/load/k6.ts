import assert from 'node:assert/strict';
import { summaryOf } from '../../src/core/stats/histogram.ts';
import { quantile } from '../../src/core/stats/quantile.ts';
import { findK6 } from '../../src/load/find-k6.ts';

const found = findK6();
/** Why tests with k6 are left out, and what changes that; false where there is one. */
export const skip = 'notRun' in found ? `${found.notRun.why}; ${found.notRun.fix}` : false;
/** Its path; empty where there is none. */
export const k6 = 'notRun' in found ? '' : found.path;

/** The percentiles of these times are within half a percent of the exact ones. */
export function assertPercentiles(seen: readonly number[], truth: readonly number[]): void {
  const summary = summaryOf(seen);
  for (const [name, share] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const exact = quantile(truth, share);
    assert.ok(Math.abs((summary?.[name] ?? 0) - exact) <= exact * 0.005, `${name} is ${summary?.[name]}, the truth ${exact}`);
  }
}
