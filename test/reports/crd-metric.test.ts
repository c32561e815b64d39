import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crdMetric } from '../../reports/view/crd-metric.ts';
import type { Exchange } from '../../src/core/model.ts';

const call = (index: number, hook: string, status: number, total: number): Exchange => ({
  index,
  suite: 'crd.timing',
  step: 'cds.hook',
  request: { method: 'POST', url: 'http://127.0.0.1/cds-services/x', headers: {}, body: JSON.stringify({ hook }) },
  response: { status, headers: {}, body: '{"cards":[]}' },
  startedAt: '2026-01-05T08:00:00Z',
  timing: { total },
  size: { sent: 0, received: 0, decoded: 0 },
});

test('the metric counts answers with 200 only, keeps the first call apart and prints the error rate beside it', () => {
  const exchanges = [call(0, 'order-sign', 200, 11_000), ...Array.from({ length: 40 }, (_, n) => call(n + 1, 'order-sign', n < 4 ? 500 : 200, 100))];
  const [first, warm] = crdMetric({ exchanges });
  assert.equal(first?.kind, 'first call');
  assert.equal(first?.verdict.word, 'not met');
  assert.equal(warm?.calls, '40');
  assert.equal(warm?.errors, '10 %');
  assert.equal(warm?.share, '100 %');
  assert.equal(warm?.verdict.word, 'met');
});

test('appointment-book has ten seconds, and five prompt calls decide nothing', () => {
  const exchanges = Array.from({ length: 6 }, (_, n) => call(n, 'appointment-book', 200, 7000));
  const warm = crdMetric({ exchanges }).find((row) => row.kind === 'warm');
  assert.equal(warm?.share, '100 %');
  assert.match(warm?.verdict.word ?? '', /^inconclusive, \d+ more$/);
});
