import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latencyOf, operationOf } from '../../src/core/latency.ts';
import { exchange } from './sample.ts';

const startedAt = '2026-11-23T14:02:00.000Z';

test('samples are grouped by operation and keep intended start, total, phases and outcome', () => {
  const data = latencyOf(
    [
      exchange(0),
      exchange(1, { response: null, error: { code: 'timeout', message: 'late' }, timing: { total: 60000 } }),
      exchange(2, { step: 'token' }),
    ],
    startedAt,
  );
  assert.deepEqual(
    data.series.map((each) => [each.operation, each.source, each.total, each.ok]),
    [
      ['search', 'run', [15, 60000], [1, 0]],
      ['token', 'run', [15], [1]],
    ],
  );
  assert.deepEqual(data.series[0]?.at, [0, 100]);
  assert.equal(data.series[0]?.phases, undefined, 'a phase is shown only when it was measured for every sample');
  assert.deepEqual(data.series[1]?.phases, { dns: [0], connect: [1], tls: [2], firstByte: [10], body: [2] });
});

test('probes, refusals, our limits and steps without a service level are left out', () => {
  const data = latencyOf(
    [
      exchange(0, { probe: 'search.bad-date' }),
      exchange(1, { response: null, error: { code: 'limit.body', message: 'too long' } }),
      exchange(2, { step: 'tls' }),
      exchange(3, { response: { status: 422, headers: {}, body: '' } }),
    ],
    startedAt,
  );
  assert.deepEqual(data.series, []);
});

test('appointment-book has limits of its own, as the guide says', () => {
  const hook = (name: string) =>
    operationOf({
      step: 'cds.hook',
      request: { method: 'POST', url: 'https://x.example', headers: {}, body: JSON.stringify({ hook: name }) },
    });
  assert.equal(hook('appointment-book'), 'crd.appointment-book');
  assert.equal(hook('order-sign'), 'crd.other');
  assert.equal(operationOf({ step: 'cds.hook', request: { method: 'POST', url: 'https://x.example', headers: {}, body: '{' } }), 'crd.other');
});
