import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import type { Finding, Json } from '../../src/core/model.ts';
import { exported, run, verdictOf } from '../bulk/told.ts';
import { evidence, type Told } from '../core/sample.ts';

/** Exports beside searches, scopes beside requests, services of other guides: docs/field.md, F7, each by its number there. */

const base = 'https://payer.example/fhir';
const patient = { resourceType: 'Patient', id: 'p-1' };
const about = (resourceType: string, id: string): Json => ({
  resourceType,
  id,
  meta: { lastUpdated: '2020-01-01T00:00:00Z' },
  patient: { reference: 'Patient/p-1' },
});
const search = (type: string, ...rows: readonly Json[]): Told => ({
  step: 'search',
  url: `${base}/${type}?patient=p-1`,
  body: { resourceType: 'Bundle', type: 'searchset', entry: rows.map((resource) => ({ resource, search: { mode: 'match' } })) },
});
const beside = (files: Readonly<Record<string, readonly Json[]>>, query: string, ...others: readonly Told[]): Finding =>
  verdictOf('bulk.export.complete', run([...others, ...exported({ variant: 'group', query, files })]));

test('F7.1: an export holds what a search brought of its members, of the types that were named', () => {
  const [one, two] = [about('Coverage', 'c-1'), about('Coverage', 'c-2')];
  const found = search('Coverage', one, two);
  assert.equal(beside({ Patient: [patient], Coverage: [one, two] }, '_type=Patient,Coverage', found).outcome, 'pass');
  const short = beside({ Patient: [patient], Coverage: [one] }, '_type=Patient,Coverage', found);
  assert.equal(short.outcome, 'fail', JSON.stringify(short));
  assert.match(JSON.stringify(short), /1 are missing: Coverage\/c-2/);
  const nobody = beside({ Patient: [{ ...patient, id: 'p-2' }], Coverage: [] }, '_type=Patient,Coverage', found);
  assert.equal(nobody.outcome, 'not-testable', 'a search about who is no member owes nothing');
});

test('F7.2: a type that no _type named and the export does not know is a warning; one outside the compartment of a patient is owed by nobody', () => {
  const goal = beside({ Patient: [patient] }, '', search('Goal', about('Goal', 'g-1')));
  assert.equal(goal.outcome === 'fail' && goal.severity, 'warning', JSON.stringify(goal));
  assert.equal(beside({ Patient: [patient] }, '', search('Device', about('Device', 'd-1'))).outcome, 'not-testable');
});

test('F7.5: a list of services without one of CRD says nothing about versions of CRD', () => {
  const listed = (hook: string, extension: Json = {}): Told => ({
    step: 'cds.discovery',
    body: { services: [{ id: 'a', hook, description: 'b', extension }] },
  });
  const said = (id: string, told: Told): Finding['outcome'] | undefined => checks.find((each) => each.id === id)?.judge(evidence([told])).outcome;
  for (const id of ['crd.discovery.version', 'cc3.crd.version-declared', 'cc3.crd.version-format']) {
    assert.equal(said(id, listed('patient-view')), 'not-applicable', id);
    assert.equal(said(id, listed('order-sign', { 'davinci-crd.version': ['2.2'] })), 'pass', id);
  }
  assert.equal(said('crd.discovery.version', listed('order-sign')), 'fail');
});

test('F7.8: before CRD 2.2.1 a card may do without a uuid: where none has one, nothing is said of them', () => {
  const answer = (...uuids: readonly (string | undefined)[]): Told => ({
    step: 'cds.hook',
    variant: 'order-sign',
    body: { cards: uuids.map((uuid, nth) => ({ summary: `card ${nth}`, ...(uuid === undefined ? {} : { uuid }) })) },
  });
  const said = (edition: string, told: Told): Finding['outcome'] | undefined => {
    const target = { cds: { base: 'https://payer.example/cds' }, guides: { 'hl7.fhir.us.davinci-crd': edition } };
    return checks.find(({ id }) => id === 'crd.card.uuid')?.judge(evidence([told], target)).outcome;
  };
  assert.equal(said('2.0.1', answer(undefined, undefined)), 'not-applicable');
  assert.equal(said('2.0.1', answer('a', undefined)), 'pass');
  assert.equal(said('2.2.1', answer('a', undefined)), 'fail');
});
