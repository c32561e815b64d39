import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { parseGuarded } from '../../src/validation/guard.ts';
import { errorsOf, open, profileOn, standard, withGuide } from './guides.ts';

const rules = (text: string): readonly string[] => standard.validateText(text).map((each) => `${each.severity} ${each.rule}`);

test('a depth bomb gets one named answer', () => {
  const bomb = `{"resourceType":"Patient","extension":${'[{"extension":'.repeat(50_000)}1${'}]'.repeat(50_000)}}`;
  assert.deepEqual(rules(bomb), ['not-verifiable limit.depth']);
  assert.deepEqual(rules('['.repeat(200_000)), ['not-verifiable limit.depth']);
});

test('depth given as an object, past the text guard, is bounded as well', () => {
  let deep: Json = { url: 'http://example.org/x', valueString: 'x' };
  for (let i = 0; i < 5000; i++) deep = { url: 'http://example.org/x', extension: [deep] };
  const issues = standard.validate({ resourceType: 'Patient', extension: [deep] });
  assert.ok(open(issues).some((each) => each.rule === 'limit' && /not verifiable: nested/.test(each.text)));
});

test('100,000 entries are validated or the limit is named', () => {
  const entry = Array.from({ length: 100_000 }, (_, i) => ({
    fullUrl: `http://a.example.org/Basic/${i}`,
    resource: { resourceType: 'Basic', id: String(i), code: { text: 'x' } },
  }));
  assert.deepEqual(errorsOf(standard.validate({ resourceType: 'Bundle', type: 'collection', entry })), []);
  const wrong = { resourceType: 'Patient', name: Array.from({ length: 100_000 }, () => ({ shoe: 1 })) };
  const issues = standard.validate(wrong);
  assert.ok(issues.length <= 502);
  assert.ok(open(issues).some((each) => /more than 500 issues/.test(each.text)));
});

test('a text over the size limit is not parsed', () => {
  const { value, issues } = parseGuarded('{"a":1}', { size: 3, depth: 10 });
  assert.equal(value, undefined);
  assert.deepEqual(
    issues.map((each) => each.rule),
    ['limit.size'],
  );
});

test('prototype-polluting keys are unknown elements and pollute nothing', () => {
  const text = '{"resourceType":"Patient","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}';
  const found = standard.validateText(text).filter((each) => each.severity === 'error');
  assert.deepEqual(
    found.map((each) => `${each.rule} ${each.expression}`),
    ['unknown Patient.__proto__', 'unknown Patient.constructor', 'unknown Patient.toString'],
  );
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('a resource or profile named like an inherited property is refused in words', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'Element', 'Resource', 'string']) {
    assert.deepEqual(errorsOf(standard.validate(JSON.parse(`{"resourceType":"${name}"}`) as Json)), ['resource ']);
    assert.deepEqual(
      open(standard.validate({ resourceType: 'Basic', code: { text: 'x' } }, [name])).map((each) => each.rule),
      ['profile'],
    );
  }
});

test('duplicate keys are errors with their line, also where JSON.parse hides them', () => {
  const issues = standard.validateText('{"resourceType":"Basic",\n"code":{"text":"a"},\n"code":{"text":"b"}}');
  assert.deepEqual(
    issues.filter((each) => each.rule === 'json.duplicate').map((each) => [each.severity, each.line]),
    [['error', 3]],
  );
  assert.deepEqual(
    rules('{"resourceType":"Basic","code":{"text":"a"},"author":{"display":"code"}}').filter((each) => each.startsWith('error')),
    [],
  );
});

for (const [what, text] of [
  ['escaped', '{"resourceType":"Basic","code":{"text":"a\\ud83d"}}'],
  ['raw', `{"resourceType":"Basic","code":{"text":"a${String.fromCharCode(0xdc00)}"}}`],
] as const) {
  test(`a lone surrogate (${what}) is an error; a whole pair is none`, () => {
    assert.ok(rules(text).includes('error json.surrogate'));
    assert.ok(!rules('{"resourceType":"Basic","code":{"text":"\\ud83d\\ude00 😀"}}').includes('error json.surrogate'));
  });
}

test('what is no JSON, no object or no resource is said so', () => {
  assert.deepEqual(rules('{'), ['error json']);
  assert.deepEqual(rules(''), ['error json']);
  for (const text of ['null', '1', '"x"', '[]', '{}', '{"resourceType":7}', '{"resourceType":"Nonsense"}'])
    assert.deepEqual(rules(text), ['error resource'], text);
});

const basic = { resourceType: 'Basic', code: { text: 'x' } };
const url = 'http://example.org/StructureDefinition/odd';
const refused = (resource: JsonObject, message: RegExp, name = url): void => {
  const issues = withGuide(resource).validate(basic, [name]);
  assert.deepEqual(errorsOf(issues), []);
  assert.match(open(issues).find((each) => each.rule === 'profile')?.text ?? '', message);
};

test('a profile that is absent, or not there in that version, is not verifiable', () => {
  refused(
    profileOn('Basic', url, (elements) => elements),
    /in no loaded package/,
    'http://example.org/StructureDefinition/none',
  );
  refused(
    profileOn('Basic', url, (elements) => elements),
    /not loaded in that version \(loaded: 1\.0\.0\)/,
    `${url}|9.9.9`,
  );
});

test('a profile of another FHIR version is refused', () => {
  refused(
    profileOn('Basic', url, (elements) => elements, { fhirVersion: '5.0.0' }),
    /made for FHIR 5\.0\.0/,
  );
});

test('a profile that is its own ancestor is refused', () => {
  refused(
    profileOn('Basic', url, (elements) => elements, { baseDefinition: url }),
    /its own ancestor/,
  );
});

test('a profile without a snapshot is refused', () => {
  refused({ ...profileOn('Basic', url, (elements) => elements), snapshot: {} }, /no snapshot/);
});

test('a profile of another type is an error of the claim', () => {
  const validator = withGuide(profileOn('Patient', url, (elements) => elements));
  assert.deepEqual(errorsOf(validator.validate(basic, [url])), ['profile ']);
});

test('profiles that lead to each other through references end', () => {
  const validator = withGuide(
    profileOn('Organization', url, (elements) =>
      elements.map((element) =>
        element['id'] === 'Organization.partOf' ? { ...element, type: [{ code: 'Reference', targetProfile: [url] }] } : element,
      ),
    ),
  );
  const loop = {
    resourceType: 'Organization',
    id: 'a',
    name: 'A',
    contained: [{ resourceType: 'Organization', id: 'b', name: 'B', partOf: { reference: '#b' } }],
    partOf: { reference: '#b' },
  };
  assert.deepEqual(errorsOf(validator.validate(loop, [url])), []);
});

test('a value set that includes itself ends', () => {
  const set = (name: string, other: string) => ({
    resourceType: 'ValueSet',
    url: `http://example.org/ValueSet/${name}`,
    version: '1',
    compose: { include: [{ valueSet: [`http://example.org/ValueSet/${other}`] }] },
  });
  const validator = withGuide(set('a', 'b'), set('b', 'a'));
  assert.equal(validator.compiler.terminology.members('http://example.org/ValueSet/a')?.('s', 'c'), false);
});
