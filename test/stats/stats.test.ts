import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { quantileInterval } from '../../src/core/stats/bootstrap.ts';
import { summaryOf } from '../../src/core/stats/histogram.ts';
import { normalQuantile } from '../../src/core/stats/normal.ts';
import { quantile } from '../../src/core/stats/quantile.ts';
import { judgeShare, plannedSamples, samplesNeeded, wilsonLower, wilsonUpper } from '../../src/core/stats/wilson.ts';

const near = (seen: number, wanted: number, within: number) =>
  assert.ok(Math.abs(seen - wanted) <= within, `expected ${wanted} ± ${within}, seen ${seen}`);

test('normal quantiles agree with the tables', () => {
  near(normalQuantile(0.5), 0, 1e-9);
  near(normalQuantile(0.95), 1.644853627, 1e-8);
  near(normalQuantile(0.975), 1.959963985, 1e-8);
  near(normalQuantile(0.001), -3.090232306, 1e-8);
  assert.throws(() => normalQuantile(1), /between 0 and 1/);
});

test('Wilson bounds agree with published values', () => {
  // Newcombe (1998), table I: 81 of 263 and 15 of 148, two-sided 95 %, i.e. 97.5 % one-sided.
  near(wilsonLower(81, 263, 0.975), 0.2553, 5e-5);
  near(wilsonUpper(81, 263, 0.975), 0.3662, 5e-5);
  near(wilsonLower(15, 148, 0.975), 0.0624, 5e-5);
  near(wilsonUpper(15, 148, 0.975), 0.1605, 5e-5);
  assert.equal(wilsonLower(0, 0), 0);
  assert.equal(wilsonUpper(0, 0), 1);
});

test('a share is passed, failed or left open, and the calls still needed do decide it', () => {
  assert.equal(judgeShare(100, 100, 0.9).verdict, 'pass');
  assert.equal(judgeShare(89, 100, 0.9).verdict, 'fail');
  const open = judgeShare(94, 100, 0.9);
  assert.equal(open.verdict, 'inconclusive');
  const total = 100 + open.needed;
  assert.equal(judgeShare(0.94 * total, total, 0.9).verdict, 'pass');
  assert.equal(judgeShare(0.94 * (total - 1), total - 1, 0.9).verdict, 'inconclusive');
  assert.equal(samplesNeeded(90, 100, 0.9), Number.POSITIVE_INFINITY);
  assert.equal(judgeShare(0, 0, 0.9).verdict, 'inconclusive');
  assert.equal(samplesNeeded(0, 0, 0.9), 25);
  assert.equal(judgeShare(25, 25, 0.9).verdict, 'pass');
});

test('planned sample sizes give the wanted power', () => {
  const n = plannedSamples(0.95, 0.9);
  const random = xoroshiro128plus(7);
  let passed = 0;
  for (let round = 0; round < 400; round++) {
    let within = 0;
    for (let call = 0; call < n; call++) if (uniformInt(random, 0, 99) < 95) within++;
    if (judgeShare(within, n, 0.9).verdict === 'pass') passed++;
  }
  near(passed / 400, 0.9, 0.06);
});

test('quantiles are nearest ranks', () => {
  const ten = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5];
  assert.deepEqual(
    [0, 0.5, 0.9, 0.95, 1].map((p) => quantile(ten, p)),
    [1, 5, 9, 10, 10],
  );
  assert.throws(() => quantile([], 0.5), /at least one sample/);
});

test('the histogram agrees with exact quantiles to three digits', () => {
  const random = xoroshiro128plus(3);
  const samples = Array.from({ length: 5000 }, () => uniformInt(random, 1, 5_000_000) / 1000);
  const summary = summaryOf(samples);
  assert.ok(summary);
  for (const [p, seen] of [
    [0.5, summary.p50],
    [0.9, summary.p90],
    [0.99, summary.p99],
  ] as const) {
    const exact = quantile(samples, p);
    near(seen / exact, 1, 0.002);
  }
  assert.equal(summary.n, 5000);
  assert.equal(summaryOf([]), undefined);
});

test('bootstrap intervals are repeatable and cover the true quantile about as often as they claim', () => {
  let covered = 0;
  for (let round = 0; round < 100; round++) {
    const random = xoroshiro128plus(round + 1);
    const samples = Array.from({ length: 200 }, () => uniformInt(random, 0, 999_999) / 1000);
    const interval = quantileInterval(samples, 0.9, { seed: round, resamples: 200 });
    assert.deepEqual(quantileInterval(samples, 0.9, { seed: round, resamples: 200 }), interval);
    if (interval.low <= 900 && 900 <= interval.high) covered++;
  }
  assert.ok(covered >= 88 && covered <= 100, `about 95 of 100 expected, seen ${covered}`);
});

test('large samples take the interval from order statistics', () => {
  const samples = Array.from({ length: 20_000 }, (_, index) => index);
  const { low, high } = quantileInterval(samples, 0.5);
  near(low, 10_000 - 139, 3);
  near(high, 10_000 + 139, 3);
});
