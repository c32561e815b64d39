import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { npi } from '../../fixtures/ground.ts';
import { makeMember } from '../../fixtures/member.ts';
import { at, isObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

const data = createDataset(1, 200);
const everything = [...data.resources.values()];

function references(value: Json, out: string[] = []): readonly string[] {
  if (Array.isArray(value)) for (const each of value as readonly Json[]) references(each, out);
  else if (isObject(value))
    for (const [name, each] of Object.entries(value)) name === 'reference' && typeof each === 'string' ? out.push(each) : references(each, out);
  return out;
}

test('the same seed makes the same data, another seed makes others', () => {
  const again = createDataset(1, 200);
  assert.deepEqual([...again.resources.values()], everything);
  assert.notEqual(createDataset(2, 12).roles.known, data.roles.known);
});

test('a member made alone equals the member in the data set, whatever its size', () => {
  const alone = makeMember(1, 17, createDataset(1, 12).ground);
  assert.deepEqual(alone.patient, data.resources.get(`Patient/${data.members[17]}`));
});

test('every reference leads to a resource of the data set', () => {
  const broken = everything.flatMap((each) => references(each)).filter((reference) => !data.resources.has(reference));
  assert.deepEqual(broken, []);
});

test('ids are unique, well formed and hold letters', () => {
  const ids = everything.map(({ resourceType, id }) => `${resourceType}/${id}`);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(everything.every(({ id }) => /^[A-Za-z0-9.-]{1,64}$/.test(id) && /[a-z]/.test(id)));
});

test('every resource carries version and stamp, and no service is older than 2016', () => {
  assert.ok(
    everything.every((each) => at(each, 'meta', 'versionId') !== undefined && !Number.isNaN(Date.parse(String(at(each, 'meta', 'lastUpdated'))))),
  );
  const served = (data.byType.get('ExplanationOfBenefit') ?? []).map((each) => String(at(each, 'billablePeriod', 'start')));
  assert.ok(served.length > 200 && served.every((day) => day >= '2016-01-01'));
});

test('the people with a part to play are who they should be', () => {
  const person = (id: string) => {
    const patient = data.resources.get(`Patient/${id}`);
    return {
      family: at(patient, 'name', 0, 'family'),
      birthDate: at(patient, 'birthDate'),
      sex: at(patient, 'gender'),
      line: at(patient, 'address', 0, 'line', 0),
      number: at(patient, 'identifier', 0, 'value'),
    };
  };
  const { known, parent, multipleMatch: twin, otherTwin, notAttributed: foreign, optedOut, largeRecord: history } = data.roles;
  const [one, other] = [person(twin), person(otherTwin)];
  assert.deepEqual([one.family, one.birthDate, one.line], [other.family, other.birthDate, other.line]);
  assert.notEqual(one.sex, other.sex);
  assert.notEqual(one.number, other.number);
  assert.equal(person(parent).family, person(known).family);
  assert.notEqual(person(parent).birthDate, person(known).birthDate);
  assert.ok(data.attribution.get('clinic-b')?.has(foreign) && !data.attribution.get('clinic-a')?.has(foreign));
  assert.ok(data.optedOut.has(optedOut) && data.attribution.get('clinic-a')?.has(optedOut));
  assert.ok((data.byPatient.get('Observation')?.get(history)?.length ?? 0) >= 60);
});

test('NPIs end in their check digit', () => {
  assert.equal(npi('123456789'), '1234567893'); // the example of the CMS standard
});
