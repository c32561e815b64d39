import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { createShapeGate } from '../../src/validation/shape.ts';
import { errorsOf, profileOn, standard, withGuide } from './guides.ts';

/** Payloads that look odd and are right, and payloads that look right and are not (docs/field.md, F6). `refused`: the rule that speaks. */

const patient = (more: JsonObject): JsonObject => ({ resourceType: 'Patient', id: 'a', ...more });
const xhtml = (inner: string): JsonObject =>
  patient({ text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>` } });
const named = (period: JsonObject): JsonObject => patient({ name: [{ family: 'A', period }] });
const cared = (reference: string): JsonObject => patient({ generalPractitioner: [{ reference }] });
const photo = (attachment: JsonObject): JsonObject => patient({ photo: [{ contentType: 'image/png', ...attachment }] });
const markdown = { url: 'http://hl7.org/fhir/StructureDefinition/rendering-markdown', valueMarkdown: '*a*' };
const unknown = { url: 'https://payer.example.net/x', valueString: 'a' };
const bundle = (type: string, entry: JsonObject, more: JsonObject = {}): JsonObject => ({ resourceType: 'Bundle', type, entry: [entry], ...more });
const self = { link: [{ relation: 'self', url: 'http://payer.example/fhir/Patient' }] };

const paid = (currency: string): JsonObject => ({
  resourceType: 'PaymentReconciliation',
  status: 'active',
  created: '2020-01-01',
  paymentDate: '2020-01-01',
  paymentAmount: { value: 1, currency },
});

const accepted: Readonly<Record<string, JsonObject>> = {
  'a currency': paid('USD'),
  'a currency that may be newer than we are': paid('QQQ'),
  'a private language': patient({ language: 'x-klingon' }),
  'an extension for strings on a string within an extension': patient({ extension: [{ ...unknown, _valueString: { extension: [markdown] } }] }),
  'an extension for strings on a code, which is one': patient({ gender: 'other', _gender: { extension: [markdown] } }),
  'a Period within one day': named({ start: '2020-01-01', end: '2020-01-01' }),
  'a Period that ends in the year of its start': named({ start: '2020-06-01', end: '2020' }),
  'a Period whose end is earlier by the clock, but not by its zone': named({ start: '2020-01-01T10:00:00+10:00', end: '2020-01-01T01:00:00Z' }),
  'a Period whose end is a day somewhere on Earth': named({ start: '2020-01-02T05:00:00Z', end: '2020-01-01' }),
  'character references that XML knows': xhtml('<p title="a &amp; b">&#160;&#xA9;&#x1F600;</p>'),
  'a comment': xhtml('a<!-- b - c -->'),
  'the namespace of XHTML once more': xhtml('<p xmlns="http://www.w3.org/1999/xhtml">a</p>'),
  'a reference that is relative': cared('Practitioner/1/_history/2'),
  'a reference to another server': cared('https://other.example/people?x=1'),
  'a hash and a size that are those of the data': photo({ data: 'YWJj', size: 3, hash: 'qZk+NkcGgWq6PiVxeFDCbJzQ2J0=' }),
  'a hash of data that lie elsewhere, shortened as in examples of R4': photo({ url: 'Binary/1', hash: 'RVFIL3JuZw==' }),
  'elements with ids of their own': patient({
    name: [
      { id: 'n1', family: 'A' },
      { id: 'n2', family: 'B' },
    ],
  }),
  'one id in two resources': patient({
    name: [{ id: 'n1', family: 'A' }],
    contained: [{ resourceType: 'Organization', id: 'o', name: 'O', telecom: [{ id: 'n1', system: 'phone', value: '1' }] }],
    managingOrganization: { reference: '#o' },
  }),
  'a fullUrl of no server, for a resource without an id': bundle('collection', {
    fullUrl: 'urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7',
    resource: { resourceType: 'Patient' },
  }),
  'an outcome that a search cannot name': bundle(
    'searchset',
    { resource: { resourceType: 'OperationOutcome', issue: [{ severity: 'warning', code: 'informational' }] }, search: { mode: 'outcome' } },
    self,
  ),
  'what is to be created, without a fullUrl': bundle('transaction', { resource: patient({}), request: { method: 'POST', url: 'Patient' } }),
  'draft orders without a fullUrl, as CDS Hooks has them': bundle('collection', { resource: patient({}) }),
};

const refused: Readonly<Record<string, readonly [rule: string, payload: JsonObject]>> = {
  'a currency in words': ['binding.required', paid('dollars')],
  'an extension for strings on a boolean': ['extension.context', patient({ active: true, _active: { extension: [markdown] } })],
  'a Period that ends the day before': ['invariant.per-1', named({ start: '2020-01-02', end: '2020-01-01' })],
  'a Period that ends the year before': ['invariant.per-1', named({ start: '2021', end: '2020' })],
  'an attribute twice': ['xhtml', xhtml('<p class="a" class="b">a</p>')],
  'a reference to no character': ['xhtml', xhtml('a&#0;')],
  'a bare ampersand in a link': ['xhtml', xhtml('<a href="http://a.example?b=1&c=2">a</a>')],
  'an HTML entity in an attribute': ['xhtml', xhtml('<p title="a&nbsp;b">a</p>')],
  'an element of another namespace': ['xhtml', xhtml('<p xmlns="http://a.example">a</p>')],
  'two hyphens in a comment': ['xhtml', xhtml('a<!-- b -- c -->')],
  'a control character in a narrative': ['xhtml', xhtml('a\u0001')],
  'a reference with a space': ['reference.form', cared('Practitioner/1 2')],
  'a reference that is an id alone': ['reference.form', cared('1')],
  'a reference to a type that R4 does not have': ['reference.type', cared('Doctor/1')],
  'a hash that is not that of the data': ['attachment.hash', photo({ data: 'YWJj', hash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' })],
  'an extension on the url of an extension': ['unknown', patient({ extension: [{ ...unknown, _url: { extension: [unknown] } }] })],
  'an extension on the id of a resource': ['unknown', patient({ _id: { extension: [unknown] } })],
  'an extension that a time names': ['extension.url', patient({ extension: [{ url: '2020-01-01T00:00:00', valueString: 'a' }] })],
  'the id of an element twice': ['element.id', patient({ name: [{ id: 'n', family: 'A' }], telecom: [{ id: 'n', system: 'phone', value: '1' }] })],
  'a profile that is no address': ['canonical.absolute', patient({ meta: { profile: ['us-core-patient'] } })],
  'a fullUrl that names an id which the resource lacks': [
    'bundle.fullUrl',
    bundle('collection', { fullUrl: 'http://payer.example/fhir/Patient/a', resource: { resourceType: 'Patient' } }),
  ],
  'a match without a fullUrl': ['bundle.fullUrl', bundle('searchset', { resource: patient({}), search: { mode: 'match' } }, self)],
};

const gate = createShapeGate();

for (const [what, payload] of Object.entries(accepted))
  test(`right: ${what}`, () => assert.deepEqual([...errorsOf(standard.validate(payload)), ...gate.check(payload)], []));

for (const [what, [rule, payload]] of Object.entries(refused))
  test(`wrong: ${what}`, () => assert.deepEqual([...new Set(errorsOf(standard.validate(payload)).map((each) => each.split(' ')[0]))], [rule]));

test('an item of a slice that lists no children has the rules of the element that is sliced', () => {
  const url = 'http://a.example.org/StructureDefinition/sliced';
  const slicing = { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' };
  const guide = withGuide(
    profileOn('Patient', url, (elements) =>
      elements.flatMap((element) => {
        if (element['id'] !== 'Patient.identifier') return [element];
        const child = (name: string, more: Readonly<Record<string, Json>>): Record<string, Json> => ({
          id: `Patient.identifier.${name}`,
          path: `Patient.identifier.${name}`,
          min: 0,
          max: '1',
          base: { path: `Identifier.${name}`, min: 0, max: '1' },
          ...more,
        });
        const slice = { ...element, id: 'Patient.identifier:mine', sliceName: 'mine', patternIdentifier: { system: 'http://a.example.org' } };
        return [{ ...element, slicing }, child('system', { type: [{ code: 'uri' }] }), child('value', { min: 1, type: [{ code: 'string' }] }), slice];
      }),
    ),
  );
  const found = (identifier: JsonObject): readonly string[] => errorsOf(guide.validate(patient({ identifier: [identifier] }), [url]));
  assert.deepEqual(found({ system: 'http://a.example.org', value: '1' }), []);
  assert.deepEqual(found({ system: 'http://b.example.org' }), ['min Patient.identifier[0]']);
  assert.deepEqual(found({ system: 'http://a.example.org' }), ['min Patient.identifier[0]']);
});
