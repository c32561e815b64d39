import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPseudonyms } from '../../src/client/redact/pseudonyms.ts';
import { createRedactor, type EvidenceLevel } from '../../src/client/redact.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json, Target, WireResponse } from '../../src/core/model.ts';

const patient: Json = {
  resourceType: 'Patient',
  id: 'pat-4711',
  name: [{ family: 'Núñez', given: ['Ann-Marie', 'J.'] }],
  birthDate: '1974-12-25',
  telecom: [{ system: 'phone', value: '+1 555-867-5309' }],
  address: [{ line: ['12 Harbour Lane'], city: 'Springfield', state: 'MA', postalCode: '02139' }],
  identifier: [{ system: 'http://payer.example/members', value: 'M10-998-77', type: { coding: [{ code: 'MB' }] } }],
};
const coverage: Json = {
  resourceType: 'Coverage',
  id: 'cov-pat-4711',
  subscriberId: 'M1099877',
  beneficiary: { reference: 'Patient/pat-4711', display: 'Ann-Marie Núñez' },
  payor: [{ identifier: { system: 'http://hl7.org/fhir/sid/us-npi', value: '1234567893' } }],
};
const target: Target = { name: 'x', auth: { kind: 'none' }, members: { known: { patient, coverage, patientId: 'pat-4711' } } };
const traces = /n[uú][nñ]ez|ann-marie|1974|12\/25|867|harbour|springfield|02139|998|pat-4711/i;

const redactor = (level: EvidenceLevel = 'pseudonymised') => {
  const made = createRedactor(level, 'salt');
  made.target(target);
  return made;
};
const answer = (body: string, type = 'application/fhir+json'): WireResponse => ({ status: 200, headers: { 'content-type': type }, body });

test('no trace of a member is left in resources, references and texts', () => {
  const made = redactor();
  const bundle = {
    resourceType: 'Bundle',
    entry: [{ fullUrl: 'http://p.example/fhir/Patient/pat-4711', resource: patient }, { resource: coverage }],
  };
  assert.doesNotMatch(made.response(answer(JSON.stringify(bundle))).body, traces);
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [{ details: { text: 'No Núñez born 12/25/1974 (1974-12-25) with M10-998-77; see Patient/pat-4711' } }],
  };
  assert.doesNotMatch(made.response(answer(JSON.stringify(outcome))).body, traces);
  assert.doesNotMatch(made.response(answer('<p>NÚÑEZ, Ann-Marie, 19741225, 12 Harbour Lane</p>', 'text/html')).body, traces);
  assert.doesNotMatch(JSON.stringify(made.target(target)), traces);
});

test('no trace is left in URLs, query strings and search forms', () => {
  const made = redactor();
  for (const url of [
    'http://p.example/fhir/Patient/pat-4711?_format=json',
    'http://p.example/fhir/Coverage/cov-pat-4711',
    'http://p.example/fhir/Patient?family=N%C3%BA%C3%B1ez&given=Ann-Marie&birthdate=eq1974-12-25&identifier=http://payer.example/members%7CM10-998-77',
    'http://p.example/fhir/Condition?patient=pat-4711&subject=Patient/pat-4711&_id=cov-pat-4711',
    'http://p.example/fhir/Coverage?patient.identifier=M10-998-77',
  ])
    assert.doesNotMatch(decodeURIComponent(made.url(url)), traces);
  const form = {
    method: 'POST',
    url: 'http://p.example/fhir/Patient/_search',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'birthdate=1974-12-25&name=Núñez',
  };
  assert.doesNotMatch(decodeURIComponent(made.request(form).body ?? ''), traces);
});

test('equal stays equal, and what judges look at keeps its form', () => {
  const made = redactor();
  const stored = JSON.parse(made.response(answer(JSON.stringify(patient))).body) as Json;
  const card = JSON.parse(made.response(answer(JSON.stringify(coverage))).body) as Json;
  const known = made.target(target).members.known;
  assert.deepEqual(known?.patient, stored);
  assert.equal(known?.patientId, at(stored, 'id'));
  assert.equal(at(card, 'beneficiary', 'reference'), `Patient/${at(stored, 'id')}`);
  assert.equal(made.url('http://p.example/fhir/Patient/pat-4711'), `http://p.example/fhir/Patient/${at(stored, 'id')}`);
  // The same number with and without punctuation is still the same number.
  assert.equal(asString(at(stored, 'identifier', 0, 'value'))?.replace(/-/g, ''), at(card, 'subscriberId'));
  assert.match(asString(at(stored, 'birthDate')) ?? '', /^\d{4}-\d\d-\d\d$/);
  assert.match(asString(at(stored, 'name', 0, 'family')) ?? '', /^[A-Z][áćéíńóúý]{2}[a-z]{2}$/);
  assert.equal(at(stored, 'address', 0, 'state'), 'MA');
  assert.equal(at(stored, 'identifier', 0, 'type', 'coding', 0, 'code'), 'MB');
  assert.equal(at(card, 'payor', 0, 'identifier', 'value'), '1234567893');
});

test('different people stay different: a thousand birth dates share no pseudonym', () => {
  const made = redactor();
  const people = Array.from({ length: 1000 }, (_, day) => ({
    resourceType: 'Patient',
    birthDate: new Date(Date.UTC(1970, 0, 1 + day)).toISOString().slice(0, 10),
  }));
  const stored = JSON.parse(made.response(answer(JSON.stringify({ people }))).body) as Json;
  const dates = asArray(at(stored, 'people')).map((each) => at(each, 'birthDate'));
  const shared = dates.length - new Set(dates).size;
  assert.equal(shared, 0);
});

test('documents: C-CDA header, attachments as text and as bytes', () => {
  const made = redactor();
  const xml =
    '<ClinicalDocument><recordTarget><patientRole><id root="1.2" extension="MRN-31"/><patient><name><given>Bob</given><family>Ray</family></name><birthTime value="19800102"/></patient></patientRole></recordTarget><text>Bob</text></ClinicalDocument>';
  const data = Buffer.from(xml).toString('base64');
  const stored = JSON.parse(made.response(answer(JSON.stringify({ resourceType: 'Binary', contentType: 'text/xml', data }))).body) as Json;
  const text = Buffer.from(asString(at(stored, 'data')) ?? '', 'base64').toString();
  assert.match(text, /<birthTime value="\d{8}"\/>/);
  assert.doesNotMatch(text, /Bob|Ray|MRN-31|19800102/);
  const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from([0, 1, 2, 255]), Buffer.from('Ann-Marie Núñez')]).toString('base64');
  const file = JSON.parse(made.response(answer(JSON.stringify({ resourceType: 'Binary', data: pdf }))).body) as Json;
  const bytes = Buffer.from(asString(at(file, 'data')) ?? '', 'base64').toString('latin1');
  assert.match(bytes, /^%PDF-1.7/);
  assert.doesNotMatch(bytes, /Marie/);
});

test('secrets are stored at no level', () => {
  for (const level of ['full', 'pseudonymised', 'hashes'] as const) {
    const made = redactor(level);
    const jwt = 'eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl';
    const sent = made.request({
      method: 'POST',
      url: 'http://p.example/token',
      headers: { authorization: 'Bearer abcdefghij', 'content-type': 'application/x-www-form-urlencoded' },
      body: `client_assertion=${jwt}&scope=a`,
    });
    const received = made.response(answer('{"access_token":"abcdefghij","token_type":"bearer"}', 'application/json'));
    assert.doesNotMatch(JSON.stringify([sent, received, made.text(`sent abcdefghij and ${jwt}`)]), /abcdefghij|eyJhbGci/);
    assert.match(sent.body ?? '', /scope=a$/);
  }
});

test('at level hashes clinical codes and words are gone, the vocabulary of the guides stays', () => {
  const made = redactor('hashes');
  const condition = {
    resourceType: 'Condition',
    code: { coding: [{ system: 'http://snomed.info/sct', code: '44054006', display: 'Diabetes' }], text: 'Type 2 diabetes' },
    clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
    subject: { reference: 'Patient/pat-4711' },
  };
  const { body } = made.response(answer(JSON.stringify(condition)));
  assert.doesNotMatch(body, /44054006|iabetes|pat-4711/);
  assert.match(body, /"code":"active"/);
});

test('what was given once stays, however many one-letter names share the few pseudonyms that there are', () => {
  const pseudonym = createPseudonyms('salt');
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const first = letters.map((each) => pseudonym('word', `${each.toUpperCase()}.`));
  assert.deepEqual(
    letters.map((each) => pseudonym('word', `${each.toUpperCase()}.`)),
    first,
  );
});

test('no pseudonym is the real value of somebody else of the run', () => {
  const born = ['1974-12-26', '1976-05-14', '1975-12-26', '1977-12-26'];
  const made = Array.from({ length: 3000 }, (_, salt) => {
    const pseudonym = createPseudonyms(`salt ${salt}`, born);
    return born.map((each) => pseudonym('date', each));
  }).flat();
  assert.ok(new Set(made).size > 1000);
  assert.deepEqual(
    made.filter((each) => born.includes(each)),
    [],
  );
  // Without what is known it happens: this test can fail.
  assert.ok(Array.from({ length: 3000 }, (_, salt) => createPseudonyms(`salt ${salt}`)('date', '1976-05-14')).some((each) => born.includes(each)));
});

test('a date that does not exist stays one: what is said of it must remain true', () => {
  for (const date of ['2021-02-29', '2020-04-31', '2020-13-01', '2020-13', '2020-00-10', '0000-01-01']) {
    const made = createPseudonyms('salt')('date', date);
    assert.equal(made.slice(4), date.slice(4), date);
    const [year = 0, month = 1, day = 1] = made.split('-').map(Number);
    assert.notEqual(new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, made.length), made, date);
  }
});
