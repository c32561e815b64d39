import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import type { Finding, Json, Target } from '../../src/core/model.ts';
import { exported, run, type ToldFacts, verdictOf } from '../bulk/told.ts';
import { evidence, type Told } from '../core/sample.ts';

/** Verdicts as further foreign servers gave them (docs/field.md, F5), each by its number there. */

function said(id: string, told: readonly Told[], more: Partial<Target> = {}): Finding {
  const check = checks.find((each) => each.id === id);
  assert.ok(check, id);
  const all = evidence(told, more);
  const bound = check.applies?.(all) ?? true;
  return typeof bound === 'string' ? { outcome: 'not-applicable', reason: bound } : check.judge(all);
}
const is = (finding: Finding, state: Finding['outcome'], words = /./): void => {
  assert.equal(finding.outcome, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};

const client = { auth: { kind: 'client-secret', clientId: 'a', secret: { env: 'A' } } } as const;
const refused = (status: number, body: Json): Told => ({ step: 'token', probe: 'token.missing-assertion', method: 'POST', status, body });

test('F5.3: a token endpoint that sends no error code may mean invalid_client, for which 401 is right', () => {
  is(said('cc2.token.error-status', [refused(401, { resourceType: 'OperationOutcome' })], client), 'pass');
  is(said('cc2.token.error-status', [refused(401, { error: 'invalid_request' })], client), 'fail', /401/);
  is(said('cc2.token.error-status', [refused(403, { resourceType: 'OperationOutcome' })], client), 'fail', /403/);
});

test('F5.4: a file that was refused is not called empty', () => {
  const listed = (rows: readonly Json[] | number): readonly ToldFacts[] =>
    exported({ variant: 'group', query: '_type=Patient', files: { Patient: rows } }).map((each) =>
      each.step === 'bulk.file' ? { ...each, facts: { ...each.facts, 'file.lines': 0 } } : each,
    );
  assert.notEqual(verdictOf('bulk.manifest.no-empty-items', run(listed(401))).outcome, 'fail');
  is(verdictOf('bulk.manifest.no-empty-items', run(listed([]))), 'fail', /empty file/);
});

test('F5.5: who declares nothing has not declared that it keeps no versions', () => {
  const read: Told = { step: 'read', variant: 'known', body: { resourceType: 'Patient', meta: { versionId: '1' } } };
  const statement = (versioning: string): Told => ({
    step: 'metadata',
    body: { resourceType: 'CapabilityStatement', rest: [{ mode: 'server', resource: [{ type: 'Patient', versioning }] }] },
  });
  is(said('rest.read.no-version', [read]), 'not-applicable');
  is(said('rest.read.no-version', [statement('versioned'), read]), 'not-applicable');
  is(said('rest.read.no-version', [statement('no-version'), read]), 'fail');
});

test('F5.7: a service that finds no coverage without asking for it is not praised for its token', () => {
  const call = (variant: 'order-sign' | 'order-sign:fetch', summary: string): Told => ({
    step: 'cds.hook',
    variant,
    method: 'POST',
    body: { cards: [{ summary, indicator: 'info', source: { label: 'x' } }] },
  });
  const id = 'crd.fetch.uses-token';
  is(said(id, [call('order-sign', 'Covered'), call('order-sign:fetch', 'No active coverage found')]), 'fail', /without any query/);
  is(said(id, [call('order-sign', 'Hello'), call('order-sign:fetch', 'Hello')]), 'not-testable');
});
