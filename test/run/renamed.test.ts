import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Run } from '../../src/core/model.ts';
import { withNewRunNames } from '../../src/run/renamed.ts';
import { readRun } from '../../src/run/stored.ts';

const exchange = {
  ...{ index: 0, suite: 'gate', step: 'read', probe: 'gate.no-token', member: 'foreign', startedAt: '2026-11-01T00:00:00Z' },
  ...{ timing: { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }, size: { sent: 0, received: 0, decoded: 0 } },
  request: { method: 'GET', url: 'https://payer.example/fhir/Patient/gate.x', headers: {} },
  response: { status: 401, headers: {}, body: '' },
};
/** As a version before the change of names wrote it. */
const old = {
  ...{ format: 1, tool: { name: 'payer-assay', version: '0.1.0', node: 'v24.0.0' } },
  target: { name: 'x', auth: { kind: 'none' }, members: {}, floor: 3, claims: { 'hl7.fhir.us.core': '6.1.0' } },
  selection: { grep: ['cc2.'], level: 'SHALL' },
  ...{ startedAt: '2026-11-01T00:00:00Z', finishedAt: '2026-11-01T00:00:01Z', verdicts: [], notRun: [], suites: { gate: ['S1'] } },
  blocked: [{ suite: 'gate', reason: 'no token', because: 'payer' }],
  exchanges: [exchange, { ...exchange, index: 1, suite: 'gateway', probe: undefined, member: 'known' }],
  latency: { series: [{ operation: 'crd.warm' }, { operation: 'crd.cold' }, { operation: 'search' }] },
} as unknown as Run;

test('a run from before the names were changed is read under the names of today', () => {
  const now = withNewRunNames(old);
  assert.deepEqual(now.target, { name: 'x', auth: { kind: 'none' }, members: {}, minVerified: 3, guides: { 'hl7.fhir.us.core': '6.1.0' } });
  assert.deepEqual(now.selection, { only: ['cc2.'], level: 'SHALL' });
  assert.deepEqual(now.suites, { 'resource-server': ['S1'] });
  assert.deepEqual(
    now.blocked.map(({ suite }) => suite),
    ['resource-server'],
  );
  assert.deepEqual(
    now.exchanges.map(({ suite, probe, member }) => [suite, probe, member]),
    [
      ['resource-server', 'resource-server.no-token', 'notAttributed'],
      // A name that only begins like an old one is another name.
      ['gateway', undefined, 'known'],
    ],
  );
  assert.deepEqual(
    now.latency?.series.map(({ operation }) => operation),
    ['crd.other', 'crd.appointment-book', 'search'],
  );
});

test('each old role of a member has its new name', () => {
  const roles = ['twin', 'foreign', 'history', 'nearMiss', 'known'];
  const now = withNewRunNames({ ...old, exchanges: roles.map((member) => ({ ...exchange, member })) as unknown as Run['exchanges'] });
  assert.deepEqual(
    now.exchanges.map(({ member }) => member),
    ['multipleMatch', 'notAttributed', 'largeRecord', 'similar', 'known'],
  );
});

test('what was asked and answered stays as it was, and the names of today stay as they are', () => {
  const now = withNewRunNames(old);
  assert.deepEqual(now.exchanges[0]?.request, exchange.request);
  assert.deepEqual(withNewRunNames(now), now);
});

test('a stored run.json is read with its new names', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-renamed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { latency: _none, ...stored } = old;
  writeFileSync(join(folder, 'run.json'), JSON.stringify(stored));
  assert.equal(readRun(folder).exchanges[0]?.suite, 'resource-server');
});
