import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agreement, LatencyData, LoadStage } from '../../src/core/model.ts';
import { assess } from '../../src/core/stats/assess.ts';
import { type Knee, kneeOf, stagesHeld } from '../../src/core/stats/knee.ts';

/** A ramp of four steps, 100 answers each; `ms` and `bad` by step. */
function ramp(ms: readonly number[], bad: readonly number[] = [], wrong: readonly number[] = []): LatencyData {
  const stages = ms.map((_, index): LoadStage => {
    const lost = bad[index] ?? 0;
    const answers = { requests: 100, ok: 100 - lost, shed: lost, shedBare: 0, failed: 0, late: 0, lost: 0, refused: 0 };
    return { name: `step ${index}`, kind: 'step', rate: 10 * (index + 1), seconds: 10, from: 0, answers, judged: 100, wrong: wrong[index] ?? 0 };
  });
  const each = ms.flatMap((time, stage) => Array.from({ length: 100 }, () => ({ time, stage })));
  const load = {
    profile: 'ramp',
    scenarios: [],
    rate: 40,
    durationMs: 1,
    warmUpMs: 0,
    requests: 400,
    dropped: 0,
    mixedUp: 0,
    conformance: [],
    tool: 'k6',
    stages,
  } as const;
  const series = {
    operation: 'read',
    source: 'k6',
    at: each.map(() => 0),
    total: each.map(({ time }) => time),
    ok: each.map(() => 1 as const),
    stage: each.map(({ stage }) => stage),
  } as const;
  return { startedAt: '2026-01-01T00:00:00Z', series: [series], load };
}
const agreed = { limits: { read: { p95: 500 } } };
const kneeIn = (data: LatencyData, agreement: Agreement | undefined): Knee | undefined => kneeOf(stagesHeld(data, agreement));

test('the knee is the last step at which a limit that somebody set is kept', () => {
  const knee = kneeIn(ramp([10, 20, 900, 2000]), agreed);
  assert.equal(knee?.last?.rate, 20);
  assert.equal(knee?.broke?.stage.rate, 30);
  assert.match(knee?.broke?.broken ?? '', /p95 of read was above 500 ms: 0 of 100 answers in time/);
});

test('slowness that breaks no agreement is no knee', () => {
  assert.deepEqual(kneeIn(ramp([10, 20, 900, 5000]), undefined)?.broke, undefined);
  assert.equal(kneeIn(ramp([10, 20, 900, 5000]), undefined)?.last?.rate, 40);
});

test('shed and wrong answers end the ramp too, and a later step that holds again does not count', () => {
  assert.equal(kneeIn(ramp([10, 10, 10, 10], [0, 0, 1, 0]), agreed)?.last?.rate, 20);
  assert.equal(kneeIn(ramp([10, 10, 10, 10], [], [0, 1, 0, 0]), agreed)?.last?.rate, 10);
  assert.equal(kneeIn(ramp([900, 10, 10, 10]), agreed)?.last, undefined);
});

test('without a ramp there is no knee, and nothing answered is nothing held', () => {
  const data = ramp([10]);
  const [stage] = data.load?.stages ?? [];
  assert.ok(stage && data.load);
  assert.equal(kneeIn({ ...data, load: { ...data.load, stages: [{ ...stage, kind: 'steady' }] } }, agreed), undefined);
  const silent = { ...stage, answers: { ...stage.answers, requests: 0 } };
  assert.equal(stagesHeld({ ...data, load: { ...data.load, stages: [silent] } }, agreed)[0]?.broken, 'nothing was answered');
});

test('figures are of the samples up to the knee', () => {
  const [report] = assess(ramp([10, 20, 900, 2000]), agreed);
  assert.equal(report?.calls, 200);
  assert.equal(Math.max(...(report?.good ?? [])), 20);
});
