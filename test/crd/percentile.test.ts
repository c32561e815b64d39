import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { judgeShare, plannedSamples } from '../../src/core/stats/wilson.ts';

/** The share of calls in time that a payer really has, and what a fair judge must say of it. */
const injected = [
  { truth: 0.8, says: 'fail' },
  { truth: 0.88, says: 'fail' },
  { truth: 0.92, says: 'pass' },
  { truth: 0.99, says: 'pass' },
] as const;

/** Enough calls to tell this payer from one at exactly 90 %, with 99 % power; the same distance on the other side of it. */
const samplesFor = (truth: number) => plannedSamples(truth > 0.9 ? truth : 1.8 - truth, 0.9, 0.95, 0.99);

for (const { truth, says } of injected) {
  test(`a payer that answers ${truth * 100} % in time gets "${says}" in at least 95 % of 200 seeded repetitions`, () => {
    const n = Math.max(100, samplesFor(Math.min(0.99, truth)));
    let right = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = xoroshiro128plus(seed * 7919);
      const uniform = () => (random.next() >>> 0) / 2 ** 32;
      let within = 0;
      for (let call = 0; call < n; call++) if (uniform() < truth) within++;
      if (judgeShare(within, n, 0.9).verdict === says) right++;
    }
    assert.ok(right >= 190, `${right} of 200 with ${n} calls each`);
  });
}

test('ten calls with nine in time decide nothing, and the verdict says how many more would', () => {
  const { verdict, needed } = judgeShare(10, 10, 0.9);
  assert.equal(verdict, 'inconclusive');
  assert.ok(needed > 0 && Number.isFinite(needed), `needed ${needed}`);
  assert.equal(judgeShare(10 + needed, 10 + needed, 0.9).verdict, 'pass', 'the promised number of calls is enough');
  assert.equal(judgeShare(9, 10, 0.9).verdict, 'inconclusive');
});
