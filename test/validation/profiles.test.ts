import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../src/core/model.ts';
import { errorsOf, open, profileOn, standard, withGuide } from './guides.ts';

const patientProfile = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient';
const race = (...codes: readonly string[]): Json => ({
  url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
  extension: [
    ...codes.map((code) => ({ url: 'ombCategory', valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code } })),
    { url: 'text', valueString: 'text' },
  ],
});
const patient = {
  resourceType: 'Patient',
  id: 'p1',
  meta: { profile: [patientProfile] },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Ann</p></div>' },
  extension: [race('2106-3')],
  identifier: [{ system: 'http://payer.example.org/members', value: 'M1' }],
  name: [{ family: 'Ames', given: ['Ann'] }],
  gender: 'female',
  birthDate: '1974-12-25',
  deceasedBoolean: false,
  managingOrganization: { reference: 'Organization/o1' },
};

test('a valid US Core patient has no error', () => {
  assert.deepEqual(errorsOf(standard.validate(patient, [patientProfile])), []);
});

/** What is changed, the error that must come of it, and what else follows by nature. */
const broken: readonly (readonly [string, Json, string, ...string[]])[] = [
  ['no name', { ...patient, name: undefined as unknown as Json }, 'min Patient', 'invariant.us-core-6 Patient'],
  ['no identifier', { ...patient, identifier: undefined as unknown as Json }, 'min Patient'],
  ['a gender that is no code', { ...patient, gender: 'F' }, 'binding.required Patient.gender'],
  ['a date that is none', { ...patient, birthDate: '1974-13-01' }, 'primitive Patient.birthDate'],
  ['a day that does not exist', { ...patient, birthDate: '1974-02-30' }, 'primitive Patient.birthDate'],
  ['a property that is unknown', { ...patient, shoeSize: 44 }, 'unknown Patient.shoeSize'],
  ['an array for a single value', { ...patient, gender: ['female'] }, 'json Patient.gender'],
  ['a single value for an array', { ...patient, name: { family: 'Ames' } }, 'json Patient.name'],
  ['text for a boolean', { ...patient, deceasedBoolean: 'false' }, 'primitive Patient.deceased.ofType(boolean)'],
  ['an id of 65 characters', { ...patient, id: 'x'.repeat(65) }, 'primitive Patient.id'],
  ['an empty array', { ...patient, address: [] }, 'json Patient.address'],
  ['an empty object', { ...patient, maritalStatus: {} }, 'ele-1 Patient.maritalStatus'],
  ['two values of one choice', { ...patient, deceasedDateTime: '2020-01-01' }, 'choice Patient'],
  ['a contact without content', { ...patient, contact: [{ gender: 'male' }] }, 'invariant.pat-1 Patient.contact[0]'],
  ['a name without family and given', { ...patient, name: [{ text: 'Ann' }] }, 'invariant.us-core-6 Patient'],
  [
    'race without its text',
    { ...patient, extension: [{ ...(race('2106-3') as object), extension: [{ url: 'ombCategory', valueCoding: { code: 'x' } }] }] },
    'slice.min Patient.extension[0].extension',
  ],
  ['race twice', { ...patient, extension: [race('2106-3'), race('2106-3')] }, 'slice.max Patient.extension'],
  [
    'another type in the race text',
    {
      ...patient,
      extension: [{ url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race', extension: [{ url: 'text', valueInteger: 1 }] }],
    },
    'unknown Patient.extension[0].extension[0].valueInteger',
    'min Patient.extension[0].extension[0]',
  ],
  [
    'script in the narrative',
    { ...patient, text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>' } },
    'invariant.txt-1 Patient.text.div',
  ],
  [
    'a reference to nothing contained',
    { ...patient, managingOrganization: { reference: '#nope' } },
    'reference.contained Patient.managingOrganization',
    'invariant.ref-1 Patient.managingOrganization',
  ],
  [
    'a literal reference to another type',
    { ...patient, managingOrganization: { reference: 'Patient/1' } },
    'reference.target Patient.managingOrganization',
  ],
  [
    'an extension with value and extensions',
    { ...patient, extension: [{ url: 'http://example.org/x', valueString: 'a', extension: [{ url: 'b', valueString: 'c' }] }] },
    'invariant.ext-1 Patient.extension[0]',
  ],
  [
    'an extension in the wrong place',
    { ...patient, name: [{ family: 'A', given: ['B'], extension: [race('2106-3')] }] },
    'extension.context Patient.name[0].extension[0]',
  ],
  [
    'a period that ends before it starts',
    { ...patient, name: [{ family: 'A', given: ['B'], period: { start: '2020-05-01', end: '2019-01-01' } }] },
    'invariant.per-1 Patient.name[0].period',
  ],
];
for (const [what, resource, expected, ...also] of broken) {
  test(`${what}: ${expected}`, () => {
    const found = errorsOf(standard.validate(JSON.parse(JSON.stringify(resource)) as Json, [patientProfile]));
    assert.ok(found.includes(expected), `found ${JSON.stringify(found)}`);
    assert.ok(
      found.every((each) => each === expected || also.includes(each)),
      `and nothing else, but found ${JSON.stringify(found)}`,
    );
  });
}

test('contained resources, Bundle entries and parameters are validated where they stand', () => {
  const bad = { resourceType: 'Patient', gender: 'F' };
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', resource: bad }] };
  assert.deepEqual(errorsOf(standard.validate(bundle)), ['binding.required Bundle.entry[0].resource.gender']);
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'MemberPatient', resource: bad }] };
  assert.deepEqual(errorsOf(standard.validate(parameters)), ['binding.required Parameters.parameter[0].resource.gender']);
  const holder = { resourceType: 'Patient', contained: [{ ...bad, id: 'c' }], link: [{ other: { reference: '#c' }, type: 'seealso' }] };
  assert.deepEqual(errorsOf(standard.validate(holder)), ['binding.required Patient.contained[0].gender']);
});

test('what a reference leads to is judged by itself: its contained resources and the places of its extensions are its own', () => {
  const born = { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: '1974-12-25T06:00:00Z' };
  const full = {
    ...patient,
    _birthDate: { extension: [born] },
    contained: [{ resourceType: 'Organization', id: 'org', name: 'Plan' }],
    managingOrganization: { reference: '#org' },
  };
  const pressure = {
    resourceType: 'Observation',
    meta: { profile: ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-blood-pressure'] },
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
    subject: { reference: 'Patient/p1' },
  };
  const entry = [full, pressure].map((resource, nth) => ({
    fullUrl: `http://payer.example.org/fhir/${nth === 0 ? 'Patient/p1' : 'Observation/o1'}`,
    resource,
  }));
  const found = errorsOf(standard.validate({ resourceType: 'Bundle', type: 'collection', entry }));
  assert.deepEqual(
    found.filter((each) => each.startsWith('reference.')),
    [],
  );
});

test('a reference within a Bundle is judged by the resource it leads to', () => {
  const entry = (fullUrl: string, resource: Json): Json => ({ fullUrl, resource });
  const coverage = {
    resourceType: 'Coverage',
    id: 'c',
    status: 'active',
    beneficiary: { reference: 'urn:uuid:11111111-1111-4111-8111-111111111111' },
    payor: [{ display: 'x' }],
  };
  const bundle = (other: Json): Json => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: [entry('http://a.example.org/Coverage/c', coverage), entry('urn:uuid:11111111-1111-4111-8111-111111111111', other)],
  });
  assert.deepEqual(errorsOf(standard.validate(bundle({ resourceType: 'Patient', id: 'p' }))), []);
  assert.deepEqual(errorsOf(standard.validate(bundle({ resourceType: 'Practitioner', id: 'p' }))), [
    'reference.target Bundle.entry[0].resource.beneficiary',
  ]);
});

const sliced = (discriminator: Json, slice: Record<string, Json>, rules = 'open') =>
  profileOn('Observation', 'http://example.org/StructureDefinition/sliced', (elements) =>
    elements.flatMap((element) =>
      element['id'] === 'Observation.category'
        ? [
            { ...element, slicing: { discriminator: [discriminator], rules }, min: 1 },
            { ...element, id: 'Observation.category:lab', sliceName: 'lab', min: 1, max: '1', ...slice },
          ]
        : [element],
    ),
  );
const observation = (code: string): Json => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  category: [{ coding: [{ system: 'http://example.org/s', code }] }],
});
const pattern = { patternCodeableConcept: { coding: [{ system: 'http://example.org/s', code: 'lab' }] } };

for (const type of ['pattern', 'value']) {
  test(`slices are recognised by ${type}`, () => {
    const validator = withGuide(sliced({ type, path: '$this' }, pattern, 'closed'));
    const profiles = ['http://example.org/StructureDefinition/sliced'];
    assert.deepEqual(errorsOf(validator.validate(observation('lab'), profiles)), []);
    assert.deepEqual(errorsOf(validator.validate(observation('other'), profiles)).toSorted(), [
      'slice.min Observation.category',
      'slicing.closed Observation.category[0]',
    ]);
  });
}

test('a slice whose discriminator says nothing is not verifiable, never a pass in silence', () => {
  const validator = withGuide(sliced({ type: 'value', path: 'id' }, {}));
  const issues = validator.validate(observation('lab'), ['http://example.org/StructureDefinition/sliced']);
  assert.deepEqual(
    open(issues).map((each) => each.rule),
    ['slicing'],
  );
});

test('an invariant that cannot be evaluated here is not verifiable', () => {
  const profile = profileOn('Basic', 'http://example.org/StructureDefinition/needs-server', (elements) =>
    elements.map((element, i) =>
      i === 0
        ? {
            ...element,
            constraint: [{ key: 'x-1', severity: 'error', human: 'in the set', expression: "code.memberOf('http://example.org/ValueSet/x')" }],
          }
        : element,
    ),
  );
  const issues = withGuide(profile).validate({ resourceType: 'Basic', code: { text: 'x' } }, ['http://example.org/StructureDefinition/needs-server']);
  assert.deepEqual(
    open(issues).map((each) => each.rule),
    ['invariant.x-1'],
  );
});

test('a code must exist in its own system, where a complete copy is loaded; the copy of HL7 terminology within R4 is too old to say no', () => {
  const observation = (system: string): Json => ({
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    category: [{ coding: [{ system, code: 'nope' }] }],
  });
  assert.deepEqual(errorsOf(standard.validate(observation('http://hl7.org/fhir/observation-status'))), [
    'code.unknown Observation.category[0].coding[0]',
  ]);
  assert.deepEqual(errorsOf(standard.validate(observation('http://loinc.org'))), []);
  const category = 'http://terminology.hl7.org/CodeSystem/observation-category';
  assert.deepEqual(errorsOf(standard.validate(observation(category))), []);
  const newer = withGuide({ resourceType: 'CodeSystem', url: category, version: '2.0.0', content: 'complete', concept: [{ code: 'laboratory' }] });
  assert.deepEqual(errorsOf(newer.validate(observation(category))), ['code.unknown Observation.category[0].coding[0]']);
});
