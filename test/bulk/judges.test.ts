import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takesFilter } from '../../src/client/bulk/choices.ts';
import type { Evidence, Finding, Json } from '../../src/core/model.ts';
import { outcome } from '../core/sample.ts';
import { base, exported, run, type ToldExport, type ToldFacts, verdictOf } from './told.ts';

/** Verdicts on exports as servers in the field gave them (docs/field.md), each by its number there. */

const patient = (id: string, more: Record<string, Json> = {}): Json => ({
  resourceType: 'Patient',
  id,
  meta: { lastUpdated: '2026-01-01T00:00:00Z' },
  ...more,
});
const claim = (id: string, of: string, day: string): Json => ({
  ...{ resourceType: 'ExplanationOfBenefit', id, use: 'claim', patient: { reference: `Patient/${of}` } },
  billablePeriod: { start: day, end: day },
});
const main = (files: ToldExport['files'] = { Patient: [patient('a'), patient('b')] }): readonly ToldFacts[] => exported({ variant: 'group', files });

function said(id: string, told: readonly ToldFacts[], about: Parameters<typeof run>[1] = {}): Finding {
  return verdictOf(id, run(told, about));
}
const is = (finding: Finding, state: Finding['outcome'] | 'warning', words = /./): void => {
  const seen = finding.outcome === 'fail' && finding.severity === 'warning' ? 'warning' : finding.outcome;
  assert.equal(seen, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};

const bulk = { foreignPatient: 'stranger', memberIds: {} };

test('K1.1: files that answer 403 make no row about them a pass', () => {
  const lost = { Patient: 403 } as const;
  const posted = { patient: 'Patient/a' };
  is(said('bulk.param.patient', exported({ variant: 'patient', posted, files: lost })), 'not-testable', /bulk.file.accessible/);
  const filtered = 'service-date=ge2025-01-01';
  const narrow = exported({ variant: 'type-filter', query: `_typeFilter=ExplanationOfBenefit%3F${filtered}`, files: { ExplanationOfBenefit: 403 } });
  is(said('bulk.param.type-filter', [...main(), ...narrow]), 'not-testable');
  is(said('bulk.file.accessible', main(lost)), 'fail', /403/);
});

test('K1.2, K1.6: no file read and no row reduced are no pass', () => {
  is(said('bulk.param.elements', exported({ variant: 'elements', query: '_elements=id', files: { Patient: 403 } })), 'not-testable');
  const whole = { Patient: [patient('a', { birthDate: '1970-01-01' })] };
  is(said('bulk.param.elements', exported({ variant: 'elements', query: '_elements=id', files: whole })), 'fail', /birthDate/);
  is(said('bulk.file.references', main({ Patient: 403 })), 'not-testable');
  is(said('bulk.file.references', main()), 'not-testable', /no row with a reference/);
});

const limits = '_typeFilter=ExplanationOfBenefit%3Fservice-date%3Dge2025-06-01&_typeFilter=ExplanationOfBenefit%3Fservice-date%3Dle2024-01-01';
const days = { ExplanationOfBenefit: [claim('old', 'a', '2024-01-01'), claim('mid', 'a', '2024-12-01'), claim('new', 'a', '2025-06-01')] };
const filteredBy = (files: ToldExport['files']) => exported({ variant: 'type-filter', query: limits, ...(files ? { files } : {}) });

test('K1.4, K1.5, K1.11, K1.12: a filter is judged against what the export without it holds', () => {
  const row = 'bulk.param.type-filter';
  is(said(row, [...main(days), ...filteredBy({ ExplanationOfBenefit: [claim('old', 'a', '2024-01-01'), claim('new', 'a', '2025-06-01')] })]), 'pass');
  is(said(row, [...main(days), ...filteredBy({})]), 'warning', /2 claims that fit/);
  is(said(row, [...main(days), ...filteredBy(days)]), 'warning', /1 rows beyond it/);
  const fitting = { ExplanationOfBenefit: [claim('new', 'a', '2025-06-01')] };
  is(said(row, [...main(fitting), ...filteredBy(fitting)]), 'not-testable', /could not show/);
  is(said(row, [...main(days), ...filteredBy({ Patient: [patient('a')] })]), 'warning');
});

test('K1.7: _until is judged only where the export without it holds rows that it must remove', () => {
  const until = exported({ variant: 'until', query: '_until=2026-06-01T00:00:00Z', files: { Patient: [patient('a')] } });
  is(said('bulk.param.until', [...main(), ...until]), 'not-testable', /could not show/);
});

test('K1.3, K18.2: a remark counts when it is about the parameter, and an error file that was not fetched says nothing', () => {
  const query = 'noSuchParameter=1';
  const about = (text: string) =>
    exported({ variant: 'lenient', query, files: { Patient: [patient('a')] }, errors: [outcome('not-supported', text)] });
  is(said('bulk.kickoff.lenient', about('noSuchParameter is not supported.')), 'pass');
  is(said('bulk.kickoff.lenient', about('Failed to export 2.Patient.ndjson')), 'fail');
  is(said('bulk.kickoff.lenient', exported({ variant: 'lenient', query, files: {}, errors: 403 })), 'not-testable');
});

test('K2.4: a parameter is not offered only where the export without it is accepted, and the payer is quoted', () => {
  const refused = (text: string) =>
    exported({ variant: 'elements', query: '_elements=id', refused: { status: 400, body: outcome('not-supported', text) } });
  is(said('bulk.param.elements', [...main(), ...refused('_elements is unknown here.')]), 'not-applicable', /_elements is unknown here/);
  const none = exported({ variant: 'group', refused: { status: 400, body: outcome('not-supported', 'No Coverage.') } });
  is(said('bulk.param.elements', [...none, ...refused('No Coverage.')]), 'not-testable', /refused too/);
});

test('K2.4, K5.3: a wrong kick-off is refused beside an honest one; throttled or broken down is no refusal', () => {
  const probe = (status: number, body: Json | string = outcome('invalid', 'No.')) => ({
    ...({ step: 'bulk.kickoff', probe: 'bulk.kickoff.bad-since', url: `${base}/Group/g-1/$export?_since=yesterday`, status, body } as const),
  });
  is(said('bulk.kickoff.bad-since', [...main(), probe(400)]), 'pass');
  is(said('bulk.kickoff.bad-since', [probe(400)]), 'not-testable');
  is(said('bulk.kickoff.bad-since', [...main(), probe(429)]), 'not-testable', /throttled/);
  is(said('bulk.kickoff.bad-since', [...main(), probe(500)]), 'not-testable', /broke down/);
  is(said('bulk.kickoff.bad-since', [...main(), probe(202, '')]), 'fail');
});

test('K3.6: repeated parameters are compared with the comma list of the same run', () => {
  const asked = { variant: 'repeated-type', query: '_type=Patient&_type=Coverage' } as const;
  const two = main({ Patient: [patient('a')], Coverage: [{ resourceType: 'Coverage', id: 'c' }] });
  is(said('bulk.kickoff.repeat-params', [...main(), ...exported({ ...asked, files: { Patient: [patient('a')] } })]), 'not-testable');
  is(said('bulk.kickoff.repeat-params', [...two, ...exported({ ...asked, files: { Patient: [patient('a')] } })]), 'fail', /no Coverage/);
});

const file = `${base}/jobs/group/output/Patient.ndjson`;
const without = (status: number, body: Json | string = ''): ToldFacts => ({
  step: 'bulk.file',
  probe: 'bulk.file.no-token',
  url: file,
  status,
  body,
});
const broken = (status: number): ToldFacts => ({ step: 'bulk.file', probe: 'bulk.file.broken-token', url: file, status });

test('K4.3, K4.8: a file is refused in whatever words, but only what the token opens', () => {
  is(said('bulk.file.token', [...main(), without(404), broken(400)]), 'pass', /rather than/);
  is(said('bulk.file.token', [...main(), without(200), broken(401)]), 'fail');
  is(said('bulk.file.token', [...main({ Patient: 403 }), without(403), broken(403)]), 'not-testable', /refused too/);
});

test('K4.5, K4.7: the same file again under a spoilt URL says that the URL is not looked at', () => {
  const sha = { 'file.kind': 'output', 'file.type': 'Patient', 'file.sha256': 'x' };
  const served: readonly ToldFacts[] = main().map((each) => (each.step === 'bulk.file' ? { ...each, facts: sha } : each));
  const spoilt = (status: number, facts = {}): ToldFacts => ({
    step: 'bulk.file',
    probe: 'bulk.file.mangled',
    url: `${file}-no-such-file`,
    status,
    facts,
  });
  is(said('bulk.file.error', [...served, spoilt(404)]), 'pass');
  is(said('bulk.file.error', [...served, spoilt(200, sha)]), 'not-testable', /does not look/);
  is(said('bulk.file.error', [...served, spoilt(200)]), 'fail');
});

test('K5.10: a listed file at which nobody listens is a failure, a broken connection is none', () => {
  const lost = (code: 'refused' | 'reset'): readonly ToldFacts[] =>
    main().map((each) => (each.step === 'bulk.file' ? { ...each, error: { code, message: code } } : each));
  is(said('bulk.file.accessible', lost('refused')), 'fail', /nobody answers/);
  is(said('bulk.file.accessible', lost('reset')), 'not-testable', /network/);
});

test('K8.1, K8.2: every export is judged, also one that ends with nothing', () => {
  is(said('bulk.file.accessible', [...main(), ...exported({ variant: 'separate', files: { Patient: 410 } })]), 'fail', /410/);
  const empty: readonly ToldFacts[] = exported({ variant: 'empty' }).map((each) => (each.step === 'bulk.status' ? { ...each, body: '' } : each));
  is(said('bulk.manifest.fields', [...main(), ...empty]), 'fail', /empty body/);
  is(said('bulk.manifest.fields', [...main(), ...exported({ variant: 'empty', manifest: { output: null } })]), 'fail', /output/);
  const counted = [{ type: 'OperationOutcome', url: `${base}/jobs/separate/error/OperationOutcome.ndjson`, count: 27 }];
  const wrong = exported({ variant: 'separate', errors: [outcome('processing', 'x')], manifest: { error: counted } });
  is(said('bulk.manifest.count', [...main(), ...wrong]), 'warning', /27 rows/);
});

test('K8.11: a job that fails without being announced is judged', () => {
  const failing: readonly ToldFacts[] = exported({ variant: 'elements' }).map((each) =>
    each.step === 'bulk.status' ? { ...each, status: 500, body: outcome('exception', 'Broken.') } : each,
  );
  is(said('bulk.status.error', [...main(), ...failing]), 'pass');
  is(said('bulk.status.error', main()), 'not-testable', /target-file/);
});

const remove = (variant: 'group' | 'clean-up' | 'running', url: string, status: number): ToldFacts => ({
  ...{ step: 'bulk.delete', variant, url, status, method: 'DELETE' },
  ...(status >= 400 ? { body: outcome('not-found', 'Already completed.') } : {}),
});

test('K9.1, K9.9: DELETE is offered where one of the run was taken; a cancelled job that goes on is a failure', () => {
  const finished = remove('group', `${base}/jobs/group`, 404);
  const running = remove('running', `${base}/jobs/r`, 202);
  const poll = (status: number): ToldFacts => ({
    step: 'bulk.status',
    variant: 'running/deleted',
    url: `${base}/jobs/r`,
    status,
    ...(status === 404 ? { body: outcome('not-found', 'Gone.') } : {}),
  });
  is(said('bulk.delete.accepted', [...main(), finished]), 'not-applicable', /Already completed/);
  is(said('bulk.delete.then-404', [...main(), finished, running, poll(202)]), 'fail', /202/);
  is(said('bulk.delete.then-404', [...main(), finished, running, poll(404)]), 'pass');
  is(said('bulk.delete.then-404', [...main(), finished]), 'not-applicable', /refuses each of 1/);
});

test('K9.1: only an export that had not ended when it was cancelled shows whether a running one can be', () => {
  const url = `${base}/jobs/elements`;
  const failing: readonly ToldFacts[] = exported({ variant: 'elements' }).map((each) =>
    each.step === 'bulk.status' ? { ...each, status: 500, body: outcome('exception', 'Broken.') } : each,
  );
  const refused: ToldFacts = { ...remove('clean-up', url, 500), body: outcome('exception', 'Broken.') };
  const offered = remove('running', `${base}/jobs/r`, 202);
  is(said('bulk.delete.running', [...main(), offered, ...failing, refused]), 'not-testable', /had ended before it was cancelled/);
  is(said('bulk.delete.running', [...main(), offered, { ...refused, url: `${base}/jobs/other` }]), 'fail', /Broken/);
  is(said('bulk.delete.running', [...main(), ...failing, refused, remove('clean-up', `${base}/jobs/other`, 202)]), 'pass');
});

test('K3.7: rows are filtered by a search parameter that the payer lists, or by any where it lists none', () => {
  const listing = (...names: readonly string[]): Parameters<typeof takesFilter>[0] =>
    ({
      known: { capability: { rest: [{ resource: [{ type: 'ExplanationOfBenefit', searchParam: names.map((name) => ({ name })) }] }] } },
    }) as unknown as Parameters<typeof takesFilter>[0];
  const asked = (...names: readonly string[]): boolean => takesFilter(listing(...names), 'ExplanationOfBenefit', 'service-date');
  assert.deepEqual([asked(), asked('patient', 'created'), asked('patient', 'service-date')], [true, false, true]);
});

test('K9.2: an export of a Group that does not exist is a warning when it is accepted', () => {
  const accepted: ToldFacts = { step: 'bulk.kickoff', probe: 'bulk.kickoff.unknown-group', url: `${base}/Group/none/$export`, status: 202 };
  is(said('bulk.kickoff.error-outcome', [...main(), accepted]), 'warning', /accepted/);
});

test('K9.4: a transactionTime before what the files hold is a warning', () => {
  is(
    said(
      'bulk.file.transaction-time',
      exported({ variant: 'group', files: { Patient: [patient('a')] }, manifest: { transactionTime: '2019-01-01T00:00:00Z' } }),
    ),
    'warning',
    /2019/,
  );
});

test('K9.7: whether files need a token is not told by a 404 or by a dead host', () => {
  is(said('bulk.manifest.requires-token-true', [...main(), without(404)]), 'not-testable', /cannot be told/);
  is(said('bulk.manifest.requires-token-true', [...main(), without(200)]), 'not-applicable');
});

test('K9.8, K12.8: each accepted kick-off with the parameter is judged; a payer without POST offers no patient parameter', () => {
  const posted = { patient: 'Patient/a' };
  const refused = exported({ variant: 'patient', posted, refused: { status: 404, body: outcome('not-supported', 'No POST here.') } });
  const level = exported({ variant: 'patient-level', posted, url: `${base}/Patient/$export`, files: { Patient: [patient('a'), patient('b')] } });
  is(said('bulk.param.patient', [...main(), ...refused, ...level]), 'fail', /disclosed: 1 rows of others/);
  const probe: ToldFacts = {
    step: 'bulk.kickoff',
    probe: 'bulk.kickoff.foreign-patient',
    url: `${base}/Group/g-1/$export`,
    method: 'POST',
    status: 405,
  };
  is(said('bulk.param.patient-unknown', [...main(), ...refused, probe], { bulk } as never), 'not-applicable', /No POST here/);
});

test('K10.1: where nobody needs a token, polls are not refused because it is missing', () => {
  const poll: ToldFacts = { step: 'bulk.status', probe: 'bulk.status.no-token', url: `${base}/jobs/group`, body: {} };
  is(said('bulk.status.token', [...main(), poll], { auth: { kind: 'none' } }), 'not-applicable');
});

test('K12.4, K12.5: what depends on a refused export or an empty manifest is not told again', () => {
  const none = exported({ variant: 'group', refused: { status: 400, body: outcome('invalid', 'No.') } });
  is(said('bulk.kickoff.accepted', none), 'fail', /No\./);
  is(said('bulk.kickoff.get', none), 'not-testable', /bulk.kickoff.accepted/);
  const bare: readonly ToldFacts[] = main().flatMap((each) =>
    each.step === 'bulk.file' ? [] : each.step === 'bulk.status' ? [{ ...each, body: {} }] : [each],
  );
  is(said('bulk.manifest.fields', bare), 'fail', /transactionTime absent/);
  for (const id of ['bulk.manifest.expires', 'bulk.param.type', 'bulk.file.ndjson']) is(said(id, bare), 'not-testable', /bulk.manifest.fields/);
});

test('K6.10: a Patient of another server is not the member of the same id', () => {
  const elsewhere = { ...(claim('x', 'a', '2026-01-01') as object), patient: { reference: 'https://other.example/fhir/Patient/a' } } as Json;
  const posted = { patient: 'Patient/a' };
  is(said('bulk.param.patient', exported({ variant: 'patient', posted, files: { ExplanationOfBenefit: [elsewhere] } })), 'fail', /disclosed/);
  is(said('bulk.file.references', main({ ExplanationOfBenefit: [elsewhere] })), 'warning', /other.example/);
});

test('K8.16: a Patient export that is declared and not there is a failure', () => {
  const operation = ['group-export', 'patient-export'].map((name) => ({
    name: 'export',
    definition: `http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`,
  }));
  const statement = {
    resourceType: 'CapabilityStatement',
    rest: [
      {
        mode: 'server',
        resource: [
          { type: 'Group', operation: operation.slice(0, 1) },
          { type: 'Patient', operation: operation.slice(1) },
        ],
      },
    ],
  };
  const history: Evidence = run([...main(), { step: 'bulk.kickoff', variant: 'declared/Patient', url: `${base}/Patient/$export`, status: 404 }]);
  const [first, ...rest] = history.exchanges;
  if (!first?.response) throw new Error('no metadata');
  const declared = { ...history, exchanges: [{ ...first, response: { ...first.response, body: JSON.stringify(statement) } }, ...rest] };
  is(verdictOf('cc3.bulk.capability', declared), 'fail', /on Patient working/);
});
