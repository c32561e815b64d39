import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Json, Target } from '../../src/core/model.ts';
import { outcome } from '../core/sample.ts';
import { base, exported, run, type ToldExport, type ToldFacts, verdictOf } from './told.ts';

/** Verdicts on attribution lists, provider exports and claims as servers in the field gave them (docs/field.md), each by its number there. */

const guides = {
  'hl7.fhir.us.davinci-atr': '2.1.0',
  'hl7.fhir.us.davinci-pdex': '2.1.0',
  'hl7.fhir.us.carin-bb': '2.0.0',
  'hl7.fhir.uv.bulkdata': '2.0.0',
};
const target = {
  ...{ guides, allow: { writes: true } },
  members: { known: { patientId: 'a', patient: {}, coverage: {} } },
  bulk: { foreignPatient: 'stranger', lists: { final: 'f' }, controls: { optOut: 'https://payer.example/x' }, controlled: { patient: 'a' } },
} as unknown as Partial<Target>;
const operations = ['davinci-data-export', 'member-add', 'attribution-status'].map((name) => ({
  name,
  definition: `http://hl7.org/fhir/us/davinci-atr/OperationDefinition/${name}`,
}));
const statement: ToldFacts = {
  step: 'metadata',
  body: { resourceType: 'CapabilityStatement', rest: [{ mode: 'server', resource: [{ type: 'Group', operation: operations }] }] },
};
const said = (id: string, told: readonly ToldFacts[]): Finding => {
  const { exchanges, ...more } = run([statement, ...told], target);
  return verdictOf(id, { ...more, exchanges: exchanges.slice(1).map((each, index) => ({ ...each, index })) });
};
const is = (finding: Finding, state: Finding['outcome'] | 'warning', words = /./): void => {
  const seen = finding.outcome === 'fail' && finding.severity === 'warning' ? 'warning' : finding.outcome;
  assert.equal(seen, state, JSON.stringify(finding));
  assert.match(JSON.stringify(finding), words);
};

const url = `${base}/Group/g-1/$davinci-data-export`;
const posted = { exportType: 'x' };
const patient = (id: string): Json => ({ resourceType: 'Patient', id });
const coverage = (id: string, of: string): Json => ({ resourceType: 'Coverage', id, beneficiary: { reference: `Patient/${of}` } });
const claim = (id: string, of: string, on: string, more: Record<string, Json> = {}): Json => ({
  ...{ resourceType: 'ExplanationOfBenefit', id, use: 'claim', patient: { reference: of.includes(':') ? of : `Patient/${of}` } },
  ...{ meta: { profile: ['http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit'] } },
  insurance: [{ focal: true, coverage: { reference: `Coverage/${on}` } }],
  ...more,
});
const of = (variant: ToldExport['variant'], files: ToldExport['files'], more: Record<string, string> = {}) =>
  exported({ variant, url, posted: { ...posted, ...more }, ...(files ? { files } : {}) });

test('K1.1: files that answer 403 make no row about lists, opt-outs and claims a pass', () => {
  const lost = { Patient: 403 } as const;
  is(said('pa.export.ignore-foreign', of('with-stranger', lost)), 'not-testable', /bulk.file.accessible/);
  is(said('pa.export.consent-at-run', of('after-opt-out', lost)), 'not-testable');
  is(said('atr.export.subset', of('subset', lost, { patient: 'Patient/a' })), 'not-testable');
  is(said('claims.focal', of('claims', { ExplanationOfBenefit: 403 })), 'not-testable');
});

test('K1.1: an opt-out shows only in what the export before it held', () => {
  const others = of('after-opt-out', { Patient: [patient('b')] });
  is(said('pa.export.consent-at-run', [...of('claims', { Patient: [patient('b')] }), ...others]), 'not-testable', /either/);
  is(said('pa.export.consent-at-run', [...of('claims', { Patient: [patient('a'), patient('b')] }), ...others]), 'pass');
  is(said('pa.export.consent-at-run', of('after-opt-out', { Patient: [patient('a')] })), 'fail', /disclosed/);
});

test('K1.3: an export with a stranger whose files were not fetched warns of nothing', () => {
  is(said('atr.export.bad-member', of('stranger', { Patient: 403 })), 'not-testable');
  is(said('atr.export.bad-member', of('stranger', { Patient: [patient('a')] })), 'warning', /no error file/);
});

const list = (...entries: readonly (readonly [string, string])[]): Json => ({
  ...{ resourceType: 'Group', id: 'g-1' },
  member: entries.map(([who, on]) => ({
    entity: { reference: `Patient/${who}` },
    extension: [{ url: 'http://x/ext-coverageReference', valueReference: { reference: `Coverage/${on}` } }],
  })),
});

test('K6.8: the Coverage that the list names for a member is that of the member', () => {
  const before: ToldFacts = { step: 'group.read', variant: 'before-roster', body: list(['a', 'c-a'], ['b', 'c-b']) };
  const roster = (one: string, two: string) =>
    of('roster/post', {
      Group: [list(['a', 'c-a'], ['b', 'c-b'])],
      Patient: [patient('a'), patient('b')],
      Coverage: [coverage('c-a', one), coverage('c-b', two)],
    });
  is(said('atr.export.linked', [before, ...roster('a', 'b')]), 'pass');
  is(said('atr.export.linked', [before, ...roster('b', 'a')]), 'fail', /Coverage\/c-a is that of Patient\/b/);
});

test('K6.6: an attribution status about somebody else is disclosed', () => {
  const status = (who: string): readonly ToldFacts[] => [
    {
      ...{ step: 'group.operation', variant: 'status/member' },
      body: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: coverage('c', who) }] },
    },
    { step: 'group.operation', variant: 'status/stranger', status: 404, body: outcome('not-found', 'Nobody.') },
  ];
  is(said('atr.attribution-status', status('a')), 'pass');
  is(said('atr.attribution-status', status('b')), 'fail', /disclosed: Patient\/b/);
});

test('K7.2, K7.3: claims stand on a Coverage of their own patient, and their patient is one of this payer', () => {
  const files = (one: Json): ToldExport['files'] => ({
    ExplanationOfBenefit: [one],
    Coverage: [coverage('c-a', 'a'), coverage('c-b', 'b')],
    Patient: [patient('a'), patient('b')],
  });
  is(said('claims.trio', of('claims', files(claim('e', 'a', 'c-a')))), 'pass');
  is(said('claims.trio', of('claims', files(claim('e', 'a', 'c-b')))), 'fail', /Coverage\/c-b is that of Patient\/b/);
  const before: ToldFacts = { step: 'group.read', variant: 'before-claims', body: list(['a', 'c-a']) };
  is(said('claims.roster-bound', [before, ...of('claims', files(claim('e', 'a', 'c-a')))]), 'pass');
  is(
    said('claims.roster-bound', [before, ...of('claims', files(claim('e', 'https://other-payer.example/fhir/Patient/a', 'c-a')))]),
    'fail',
    /disclosed/,
  );
});

test('K15.1: the order of properties is no other content', () => {
  const read: ToldFacts = {
    step: 'read',
    variant: 'claims/patient',
    body: { resourceType: 'Patient', id: 'a', gender: 'male', birthDate: '1970-01-01' },
  };
  const include = (gender: string): readonly ToldFacts[] =>
    (['claims/include', 'claims/include-all'] as const).map((variant) => ({
      ...{ step: 'search', variant },
      body: {
        resourceType: 'Bundle',
        entry: [
          { search: { mode: 'include' }, resource: { birthDate: '1970-01-01', gender, id: 'a', resourceType: 'Patient' } },
          { search: { mode: 'include' }, resource: coverage('c', 'a') },
        ],
      },
    }));
  is(said('claims.eob.include', [...include('male'), read]), 'pass');
  is(said('claims.eob.include', [...include('female'), read]), 'fail');
});

test('K15.2: the members of a final list in another order are the same members', () => {
  const look = (variant: 'final/before' | 'final/after', body: Json): ToldFacts => ({ step: 'group.read', variant, body });
  const refused = (['final/add', 'final/remove'] as const).map(
    (variant): ToldFacts => ({ step: 'group.operation', variant, status: 422, body: outcome('business-rule', 'The list is final.') }),
  );
  const before = look('final/before', list(['a', 'c-a'], ['b', 'c-b']));
  is(said('atr.member-change-final', [before, ...refused, look('final/after', list(['b', 'c-b'], ['a', 'c-a']))]), 'pass');
  is(said('atr.member-change-final', [before, ...refused, look('final/after', list(['a', 'c-a']))]), 'fail', /another list/);
});
