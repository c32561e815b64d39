import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { faults } from '../../checks/injections.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport } from '../../src/client/transport.ts';
import type { Finding, Json, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';
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

test('F5.8: what a suite had no occasion to ask is not called ours', () => {
  const history = { ...evidence([]), unasked: [{ suite: 'sections', step: 'search', variants: ['sec:lab'] }] } as const;
  const finding = checks.find(({ id }) => id === 'sec.lab.patient-category')?.judge(history);
  assert.ok(finding);
  is(finding, 'not-testable', /Not asked: search, sec:lab\. sections ended without it/);
  assert.equal(finding.outcome === 'not-testable' && finding.because, 'not-offered');
});

test('F5.9: an answer that was asked for and cannot be judged is named, whatever the row wanted of it', () => {
  const kickoff: Told = { step: 'bulk.kickoff', variant: 'group', status: 404, url: 'https://payer.example/fhir/Group/g/$export' };
  is(said('bulk.kickoff.content-location', [kickoff]), 'not-testable', /was asked.*gave status 404/);
});

test('F5.10: one failure of a manifest, and of a token response, names all that is wrong with it', () => {
  const told = exported({
    variant: 'group',
    query: '_type=Patient',
    files: {},
    manifest: { request: '/Group/g-1/$export', requiresAccessToken: 'no' },
  });
  is(verdictOf('bulk.manifest.fields', run(told)), 'fail', /requiresAccessToken.*request \/Group/);
  const answer: Told = {
    step: 'token',
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: { access_token: 'x', expires_in: 5, scope: 'a' },
  };
  is(said('cc2.token.success', [answer], client), 'fail', /without token_type; Content-Type text\/plain/);
});

test('F5.11: where there is no export, no further row says that it does not start by GET', () => {
  const kickoff = (status: number): Told => ({ step: 'bulk.kickoff', variant: 'group', status, url: 'https://payer.example/fhir/Group/g/$export' });
  assert.notEqual(said('bulk.kickoff.get', [kickoff(404)]).outcome, 'fail');
  assert.equal(verdictOf('bulk.kickoff.get', run([kickoff(405)])).outcome, 'fail');
});

test('F5.12: a Binary as a resource is one in any media type of JSON; how it is labelled is the matter of another row', () => {
  const url = 'https://payer.example/fhir/Binary/b-1';
  const listed: Told = {
    step: 'search',
    variant: 'doc:list',
    url: 'https://payer.example/fhir/DocumentReference?patient=p-1',
    body: {
      resourceType: 'Bundle',
      type: 'searchset',
      entry: [{ resource: { resourceType: 'DocumentReference', content: [{ attachment: { contentType: 'application/pdf', url } }] } }],
    },
  };
  const sent = (body: Json): Told => ({ step: 'binary', variant: 'attachment', url, headers: { 'content-type': 'application/json' }, body });
  const judged = (body: Json): Finding['outcome'] | undefined =>
    checks.find(({ id }) => id === 'doc.attachment.retrievable')?.judge(evidence([listed, sent(body)])).outcome;
  assert.equal(judged({ resourceType: 'Binary', contentType: 'application/pdf', data: 'JVBERg==' }), 'pass');
  assert.equal(judged({ hello: 'there' }), 'fail');
});

test('F5.14: files that are said to need no token, and do, are fetched with it, so that one contradiction hides nothing else', async (t) => {
  const embedded = await startEmbedded();
  t.after(() => embedded.close());
  const fault = faults.find(({ id }) => id.startsWith('bulk.file.capability-url/'));
  assert.ok(fault);
  embedded.payer.inject(fault.fault);
  const transport = createTransport();
  t.after(() => transport.close());
  const { target, secrets } = embedded;
  const history = await drive({ target, suites: withNeeds(suites, ['bulk.export']), transport, signers: signersOf(target, secrets) });
  is(verdictOf('bulk.file.accessible', history), 'fail', /status 401/);
  is(verdictOf('bulk.file.ndjson', history), 'pass');
});
