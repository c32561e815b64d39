import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, noBaseline } from '../../src/core/compare.ts';
import type { LatencyData, Run } from '../../src/core/model.ts';
import { normalTail } from '../../src/core/stats/normal.ts';
import { holm, rankSum, shareShift } from '../../src/core/stats/rank-sum.ts';
import { sampleRun, verdict } from '../reports/sample.ts';

/** A seeded stand-in for a server: exponential answers round a mean. */
function answers(n: number, mean: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 5 - mean * Math.log((state + 1) / 2 ** 32);
  });
}

test('the tail of the normal distribution has its tabulated values', () => {
  for (const [z, p] of [
    [0, 0.5],
    [1.6448536, 0.05],
    [1.959964, 0.025],
    [3.0902323, 0.001],
  ] as const)
    assert.ok(Math.abs(normalTail(z) - p) < 1e-7, `${z}`);
});

test('the rank sum test knows a worked example', () => {
  // By hand: U = 75.5, seven ties of two, variance 100/12 * (21 - 42/380) = 174.08, z = 25/13.194 = 1.8948.
  const { p, larger } = rankSum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  assert.ok(Math.abs(p - 0.05812) < 5e-5, `${p}`);
  assert.ok(Math.abs(larger - 0.755) < 1e-9);
  assert.equal(rankSum([1, 2], [8, 9]).p, 1);
});

test('Holm keeps what stands together only', () => {
  assert.deepEqual(holm([0.2, 0.001, 0.02, 0.004]), [false, true, false, false]);
  assert.ok(shareShift(0, 1000, 20, 1000) < 1e-4);
  assert.equal(shareShift(0, 10, 0, 10), 1);
});

const latency = (times: readonly number[], bad = 0): LatencyData => ({
  startedAt: '2026-11-23T14:02:00.000Z',
  series: [{ operation: 'read', source: 'run', at: times.map((_, nth) => nth), total: times, ok: times.map((_, nth) => (nth < bad ? 0 : 1)) }],
});
const runOf = (data: LatencyData, change: Partial<Run> = {}): Run => sampleRun({ latency: data, ...change });

test('only what is significant counts as slower, and chance raises no alarm in 20 seeded pairs', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const [same] = compare(runOf(latency(answers(300, 10, seed))), runOf(latency(answers(300, 10, seed + 500)))).latency;
    assert.equal(same?.change, 'none', `seed ${seed}: p = ${same?.p}`);
  }
  const [slower] = compare(runOf(latency(answers(300, 10, 1))), runOf(latency(answers(300, 20, 2)))).latency;
  assert.equal(slower?.change, 'slower');
  const [wronger] = compare(runOf(latency(answers(300, 10, 1))), runOf(latency(answers(300, 10, 2), 30))).latency;
  assert.equal(wronger?.errorChange, 'more');
});

test('changed verdicts are named, and a baseline must be valid', () => {
  const before = sampleRun();
  const now = sampleRun({ verdicts: [verdict('cc3.metadata.reachable', { outcome: 'fail', expected: 'a', actual: 'b', exchange: 0 })] });
  assert.deepEqual(compare(before, now).verdicts[0], { requirement: 'cc3.metadata.reachable', was: 'pass', is: 'fail' });
  assert.equal(noBaseline(before), undefined);
  assert.match(noBaseline(sampleRun({ blocked: [{ suite: 'bulk', reason: 'the run was interrupted', because: 'ours' }] })) ?? '', /interrupted/);
});
