import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Finding, Json, Target } from '../../src/core/model.ts';
import { evidence, outcome, type Told } from '../core/sample.ts';

/** Verdicts on single answers of servers in the field (docs/field.md), each by its number there. */

const base = 'https://payer.example/fhir';
const accept = { accept: 'application/fhir+json' };

interface Declared {
  readonly [type: string]: { readonly interaction?: readonly string[]; readonly searchParam?: readonly string[]; readonly operation?: Json };
}
/** A CapabilityStatement that declares this and nothing else. */
const statement = (declared: Declared = {}, more: Readonly<Record<string, Json>> = {}): Told => ({
  step: 'metadata',
  url: `${base}/metadata`,
  sent: accept,
  body: {
    resourceType: 'CapabilityStatement',
    fhirVersion: '4.0.1',
    ...more,
    rest: [
      {
        mode: 'server',
        resource: Object.entries(declared).map(([type, { interaction = [], searchParam = [], operation }]) => ({
          type,
          interaction: interaction.map((code) => ({ code })),
          searchParam: searchParam.map((name) => ({ name, type: 'token' })),
          ...(operation === undefined ? {} : { operation }),
        })),
      },
    ],
  },
});
const member = { patient: { resourceType: 'Patient' }, coverage: { resourceType: 'Coverage' }, patientId: 'p-1' };
const smart = { kind: 'smart-backend', clientId: 'c', key: { file: 'k' }, scope: 'system/*.rs' };
const about = { fhir: { base }, members: { known: member }, auth: smart } as unknown as Partial<Target>;

function said(id: string, told: readonly Told[], target: object = about): Finding {
  const check = checks.find((each) => each.id === id);
  if (!check) throw new Error(`There is no requirement ${id}.`);
  return findingOf(check, evidence(told, target));
}
const is = (finding: Finding, state: Finding['outcome'] | 'warning', words = /./): void => {
  assert.equal(finding.outcome === 'fail' && finding.severity === 'warning' ? 'warning' : finding.outcome, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};
const patient: Json = { resourceType: 'Patient', id: 'p-1' };
const read: Told = { url: `${base}/Patient/p-1`, variant: 'known', sent: accept, body: patient };

test('K20.3: the finding about a media type names the answer', () => {
  is(said('cc3.metadata.content-type', [statement(), { ...read, headers: { 'content-type': 'application/json' } }]), 'fail', /GET .*Patient\/p-1/);
});

test('K10.2, K12.3: what US Core asks of searches applies to nobody who declares no search', () => {
  const searchless = statement({ Condition: { interaction: ['read'], searchParam: ['patient', 'category'] } });
  const refused: Told = { step: 'search', variant: 'sec:condition', url: `${base}/Condition?patient=p-1`, status: 400 };
  for (const id of [
    'sec.condition.patient',
    'sec.med.patient-intent',
    'sec.lab.patient-category',
    'sec.report.patient-category',
    'doc.docref.search',
  ])
    is(said(id, [searchless, refused]), 'not-applicable');
});

test('K10.4: an empty list in metadata is no matter of the sections', () => {
  const odd = statement({ Condition: {} });
  is(said('sec.missing-data', [odd, read]), 'pass');
  is(said('sec.missing-data', [odd, { ...read, body: { ...(patient as object), name: [] } }]), 'fail', /name/);
});

test('K13.8: the words of the payer are in the finding', () => {
  const declared = statement({ Patient: { interaction: ['read'] } });
  is(
    said('rest.read.id', [declared, { ...read, status: 403, body: outcome('forbidden', 'Your contract has ended.') }]),
    'fail',
    /Your contract has ended/,
  );
});

test('K2.7: a refusal of every token speaks of algorithms only where it says so', () => {
  const refused = (error: string, variant?: 'other-algorithm'): Told => ({
    step: 'token',
    method: 'POST',
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: { error: 'invalid_client', error_description: error },
    ...(variant ? { variant } : {}),
  });
  is(said('cc2.token.algorithms', [refused('scope'), refused('scope', 'other-algorithm')]), 'not-testable', /do not speak of the algorithm/);
  is(said('cc2.token.algorithms', [refused('alg ES384'), refused('alg RS384', 'other-algorithm')]), 'fail');
});

test('K8.7: every POST without a token in its answer is an error answer; a GET is none', () => {
  const told = (method: string): Told => ({
    step: 'token',
    method,
    probe: 'token.missing-exp',
    body: 'Error: "expiresIn" should be a number',
    headers: { 'content-type': '' },
  });
  is(said('cc2.token.error-json', [told('POST')]), 'fail', /application\/json/);
  is(said('cc2.token.error-status', [told('POST')]), 'fail', /status 200/);
  is(said('cc2.token.error-json', [told('GET')]), 'not-testable');
});

test('K5.5: a token that makes the server fall over was not refused', () => {
  const opened: Told = { ...read, variant: 'control', sent: { ...accept, authorization: 'Bearer x' } };
  const tampered = (status: number): Told => ({ url: `${base}/Patient/p-1`, probe: 'resource-server.tampered-token', status });
  is(said('cc2.rs.tampered-token', [opened, tampered(500)]), 'not-testable');
});

test('K2.5: what was never answered is not asked for in another form', () => {
  const csv = (status: number): Told => ({ url: `${base}/Patient/p-1`, probe: 'read.accept-csv', status, sent: { accept: 'text/csv' } });
  is(said('cc3.conneg.not-acceptable', [{ ...read, status: 404 }, csv(404)]), 'not-testable', /without the fault/);
  is(said('cc3.conneg.not-acceptable', [read, csv(406)]), 'pass');
});

test('K9.6: 404 to _format=json, where metadata is there, is a miss of that very row', () => {
  const over: Told = { step: 'metadata', variant: 'format-over-accept', url: `${base}/metadata?_format=json`, status: 404 };
  is(said('cc3.conneg.format-param', [statement(), over]), 'fail', /404/);
});

test('K8.12: HEAD of another media type than GET warns', () => {
  const head: Told = { step: 'metadata', method: 'HEAD', probe: 'metadata.head', url: `${base}/metadata`, headers: { 'content-type': 'text/html' } };
  is(said('cc3.http.head', [statement(), head]), 'warning', /text\/html/);
});

test('K3.9: a reference to the Patient of somebody else need not resolve within a record', () => {
  const group: Json = { resourceType: 'Group', id: 'g', member: [{ entity: { reference: 'Patient/888' } }] };
  const record = (...resources: readonly Json[]): Told => ({
    step: 'everything',
    variant: 'whole',
    member: 'known',
    url: `${base}/Patient/p-1/$everything`,
    body: { resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) },
  });
  is(said('record.references-resolve', [record(patient, group)]), 'pass');
  is(
    said('record.references-resolve', [record(patient, { ...(group as object), managingEntity: { reference: 'Organization/o' } })]),
    'fail',
    /Organization\/o/,
  );
});

test('K17.1, K4.2: an operation that is not supported is no support of it', () => {
  const operation = [{ name: 'match', definition: 'http://hl7.org/fhir/OperationDefinition/Patient-match' }];
  const answer: Told = {
    ...({ step: 'match', method: 'POST', variant: 'known', member: 'known', url: `${base}/Patient/$match`, status: 400 } as const),
    body: outcome('not-supported', 'A parameter named patient must be provided.'),
  };
  const memberOnly = [{ name: 'member-match', definition: 'http://hl7.org/fhir/us/davinci-hrex/OperationDefinition/member-match' }];
  is(said('id.match.supported', [statement({ Patient: { operation } }), answer]), 'not-testable', /must be provided/);
  is(said('id.match.supported', [statement({ Patient: { operation: memberOnly } }), answer]), 'not-applicable');
});
