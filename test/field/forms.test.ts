import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks, probesOf } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Finding, Json, Known, Target } from '../../src/core/model.ts';
import { issueFits } from '../../src/core/rubric/codes.ts';
import { exported, run, verdictOf } from '../bulk/told.ts';
import { evidence, outcome, type Told, target } from '../core/sample.ts';

/** Verdicts on several answers at once, forms of one question and files of exports, as servers in the field gave them; by number (docs/field.md). */

const base = 'https://payer.example/fhir';
const member = { patient: { resourceType: 'Patient' }, coverage: { resourceType: 'Coverage' }, patientId: 'p-1' };
const about = { fhir: { base }, members: { known: member }, auth: { kind: 'bearer', token: { env: 'X' } } } as unknown as Partial<Target>;

function said(id: string, told: readonly Told[], more: object = {}): Finding {
  const check = checks.find((each) => each.id === id);
  if (!check) throw new Error(`There is no requirement ${id}.`);
  return findingOf(check, evidence(told, { ...about, ...more }));
}
const is = (finding: Finding, state: Finding['outcome'] | 'warning', words = /./): void => {
  assert.equal(finding.outcome === 'fail' && finding.severity === 'warning' ? 'warning' : finding.outcome, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};
const searchset = (...resources: readonly Json[]): Json => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource, search: { mode: 'match' } })),
});

test('K4.1: one honest form of $member-match that is answered is enough', () => {
  const operation = [{ name: 'member-match', definition: 'http://hl7.org/fhir/us/davinci-hrex/OperationDefinition/member-match' }];
  const metadata: Told = {
    step: 'metadata',
    body: { resourceType: 'CapabilityStatement', rest: [{ mode: 'server', resource: [{ type: 'Patient', operation }] }] },
  };
  const asked = { step: 'member-match', member: 'known', method: 'POST', url: `${base}/Patient/$member-match` } as const;
  const regular: Told = { ...asked, status: 422, body: outcome('business-rule', 'Only the sensitive policy is supported.') };
  const found: Told = {
    ...asked,
    variant: 'again',
    body: { resourceType: 'Parameters', parameter: [{ name: 'MemberIdentifier', valueIdentifier: { value: '1' } }] },
  };
  is(said('id.mm.supported', [metadata, regular, found]), 'pass', /another form/);
  is(said('id.mm.supported', [metadata, regular]), 'fail', /sensitive policy/);
});

test('K3.12: gaps in care that no form of the question brings are open, and name the entry that is missing', () => {
  const asked: Told = {
    step: 'care-gaps',
    url: `${base}/Measure/$care-gaps?subject=Patient/p-1`,
    status: 500,
    body: outcome('exception', 'No measure is loaded.'),
  };
  const metadata: Told = {
    step: 'metadata',
    body: {
      resourceType: 'CapabilityStatement',
      rest: [
        {
          mode: 'server',
          resource: [
            { type: 'Measure', operation: [{ name: 'care-gaps', definition: 'http://hl7.org/fhir/us/davinci-deqm/OperationDefinition/care-gaps' }] },
          ],
        },
      ],
    },
  };
  is(said('gaps.operation', [metadata, asked, { ...asked, method: 'POST' }]), 'not-testable', /measure\.id/);
});

test('K3.13: a scope beyond the registered one is asked for, or the question stays open', () => {
  const auth = { kind: 'smart-backend', clientId: 'c', key: { file: 'k' }, scope: 'system/*.cruds' };
  is(
    said('cc2.token.scope-mediated', [{ step: 'token', method: 'POST', variant: 'narrow', body: { access_token: 't' } }], { auth }),
    'not-testable',
    /nothing lies beyond/,
  );
});

test('K2.1, K8.17: what a bad token is tried on was opened by a good one: a Group where no Patient can be read, else nothing', () => {
  const known = (notes: Known['notes']): Known => ({ target: { ...target, ...about }, base, ids: {}, notes: { 'token.default': true, ...notes } });
  const tampered = probesOf('resource-server').find(({ id }) => id.endsWith('no-token'));
  assert.match(String(tampered?.request(known({}))), /nothing that needs a token could be read/);
  const spec = tampered?.request(known({ 'resource-server.protected': 'Group/g-1' }));
  assert.equal(typeof spec === 'object' ? spec.url : spec, `${base}/Group/g-1`);
});

test('K13.6: an organisation that is not in the directory is named with the entry of the target file', () => {
  const gone: Told = { step: 'directory.organization', variant: 'payer', url: 'https://directory.example/Organization/none', status: 404 };
  const directory = { base: 'https://directory.example', organization: 'none' };
  is(said('cc1.fast.org.identifier', [gone], { directory }), 'not-testable', /404.*check directory\.organization/);
});

test('K6.10: a subject on another server is somebody else', () => {
  const told: Told = {
    ...({ step: 'search', variant: 'by-patient', member: 'known', url: `${base}/Condition?patient=p-1` } as const),
    body: searchset({ resourceType: 'Condition', id: 'c-1', subject: { reference: 'http://old-host.example/fhir/Patient/p-1' } }),
  };
  is(said('id.authz.compartment', [told]), 'fail', /disclosed/);
});

test('K7.6: an older version after a newer one warns, and two contents of one version fail', () => {
  const group = (version: string, day: string, more: object = {}): Json => ({
    resourceType: 'Group',
    id: 'g',
    meta: { versionId: version, lastUpdated: `2026-01-0${day}T00:00:00Z` },
    ...more,
  });
  const read = (body: Json): Told => ({ step: 'group.read', url: `${base}/Group/g`, body });
  const found = (body: Json): Told => ({ step: 'group.search', url: `${base}/Group?_id=g`, body: searchset(body) });
  is(said('rest.version.one-content', [read(group('2', '2')), found(group('1', '1'))]), 'warning', /version 2/);
  is(said('rest.version.one-content', [read(group('2', '2', { name: 'a' })), found(group('2', '2', { name: 'b' }))]), 'fail', /other content/);
});

test('K10.5: output organised by Patient binds from Bulk Data 3.0 on', () => {
  const told = exported({ variant: 'organized', query: 'organizeOutputBy=Patient', files: { Patient: [{ resourceType: 'Patient', id: 'a' }] } });
  is(verdictOf('bulk.param.organize', run(told, { guides: { 'hl7.fhir.uv.bulkdata': '2.0.0' } })), 'not-applicable', /3\.0/);
  is(verdictOf('bulk.param.organize', run(told)), 'warning');
});

test('K13.5: files that could not be had are the reason, not what they would have held', () => {
  const lost = (['group', 'everything'] as const).flatMap((variant) => exported({ variant, files: { Patient: 403, DocumentReference: 403 } }));
  for (const id of ['bulk.file.attachment-url', 'bulk.file.ndjson', 'bulk.file.references'])
    is(verdictOf(id, run(lost)), 'not-testable', /could not be|bulk\.file\.accessible|403/);
});

test('K3.8: any type that was asked for and had no data shows that such types are left out', () => {
  const told = exported({ variant: 'group', query: '_type=Patient,Coverage', files: { Patient: [{ resourceType: 'Patient', id: 'a' }] } });
  is(verdictOf('bulk.manifest.no-empty-items', run(told)), 'pass');
  is(
    verdictOf('bulk.manifest.no-empty-items', run(exported({ variant: 'group', query: '_type=Patient', files: { Patient: [] } }))),
    'fail',
    /empty file/,
  );
});

test('K6.12: an error body that is not what its Content-Type says warns', () => {
  const told = exported({ variant: 'group', files: { Patient: [{ resourceType: 'Patient', id: 'a' }] } }).map((each) =>
    each.step === 'bulk.file' ? { ...each, facts: { ...each.facts, 'file.sha256': 'x' } } : each,
  );
  const mangled: Told = {
    ...({ step: 'bulk.file', probe: 'bulk.file.mangled', url: `${base}/jobs/group/output/none`, status: 404, body: '<OperationOutcome/>' } as const),
    headers: { 'content-type': 'application/fhir+ndjson' },
  };
  is(verdictOf('bulk.file.error', run([...told, mangled])), 'warning', /Content-Type/);
});

test('K14.6: the code processing fits what has no code of its own, and no sign-in', () => {
  for (const status of [400, 404, 405, 406, 412, 415, 422, 500]) assert.ok(issueFits(status, 'processing'), String(status));
  for (const status of [401, 403, 409, 410, 429, 503]) assert.ok(!issueFits(status, 'processing'), String(status));
});

test('K11.2: a profile that was judged by another edition than the payer follows is neither passed nor accused', () => {
  const core = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient';
  const read = (profile: string, edition: string, claimed = profile, severity?: 'error'): Told => ({
    url: `${base}/Patient/p-1`,
    body: { resourceType: 'Patient', id: 'p-1', meta: { profile: [claimed] } },
    facts: { 'validation.profiles': [`${profile}|${edition}`], 'validation.claimed': [claimed] },
    issues: severity === undefined ? [] : [{ severity, expression: 'Patient.name', rule: 'min', text: 'missing', profile, tier: 1 }],
  });
  const guides = { 'hl7.fhir.us.core': '6.1.0', 'hl7.fhir.us.davinci-pdex': '2.0.0' };
  const verdict = (...reads: readonly Told[]) => said('payload.claims', reads, { guides });
  is(verdict(read(core, '5.0.1')), 'not-testable', /judged by US Core 5\.0\.1: the payer follows 6\.1\.0.*ig add hl7\.fhir\.us\.core#6\.1\.0/);
  is(verdict(read(core, '5.0.1', core, 'error')), 'not-testable', /US Core 5\.0\.1/);
  is(verdict(read(core, '6.1.0', core, 'error')), 'fail');
  // A version in the claim is what counts, whatever else the payer follows.
  is(verdict(read(core, '5.0.1', `${core}|5.0.1`)), 'pass');
  assert.equal(JSON.stringify(verdict(read(core, '6.1.0'))), '{"outcome":"pass"}');
  // Any guide, and one edition that is missing hides no error under a profile that was judged by the right one.
  const pdex = 'http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-device';
  is(verdict(read(pdex, '2.1.0')), 'not-testable', /judged by PDex 2\.1\.0: the payer follows 2\.0\.0/);
  is(verdict(read(pdex, '2.1.0'), read(core, '6.1.0', core, 'error')), 'fail');
});

test('K5.1: a Coverage that the service read on our EHR, in an answer that we did not keep, is none of its own', () => {
  const information = [
    { url: 'coverage', valueReference: { reference: 'Coverage/c-1' } },
    { url: 'covered', valueCode: 'covered' },
  ];
  const order = {
    resourceType: 'ServiceRequest',
    id: 'o-1',
    extension: [{ url: 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information', extension: information }],
  };
  const hook: Told = {
    step: 'cds.hook',
    variant: 'order-sign:plain',
    method: 'POST',
    url: 'https://cds.example/cds-services/sign',
    asked: { hook: 'order-sign', fhirServer: 'http://127.0.0.1:1/ehr', context: { draftOrders: { resourceType: 'Bundle' } } },
    body: { cards: [], systemActions: [{ type: 'update', description: 'x', resource: order }] },
  };
  const read: Told = { step: 'ehr.callback', url: 'http://127.0.0.1:1/ehr/Coverage?patient=p-1' };
  const check = checks.find(({ id }) => id === 'crd.coverage.right-coverage');
  const verdict = (...told: readonly Told[]): Finding | undefined => check?.judge(evidence(told, about));
  assert.equal(verdict(hook, { ...read, body: searchset({ resourceType: 'Coverage', id: 'c-1' }) })?.outcome, 'pass');
  assert.equal(verdict(hook, { ...read, body: searchset() })?.outcome, 'fail');
  assert.equal(verdict(hook, { ...read, error: { code: 'ours', message: 'not kept' } })?.outcome, 'not-testable');
});
