import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../src/core/model.ts';
import { primitives } from '../../src/validation/profile/primitives.ts';
import { definitionsPrefix, r4Definitions, type SchemaNode } from '../../src/validation/schema.ts';
import { createShapeGate } from '../../src/validation/shape.ts';
import { createSoundReader } from '../../src/validation/sound.ts';
import { standard } from './guides.ts';

/** Legal and illegal values of every kind of primitive, tried as each of them. */
const texts: readonly Json[] = [
  ...[
    '',
    ' ',
    '  ',
    'a',
    ' a',
    'a ',
    'a b',
    'a  b',
    'a\tb',
    'a\nb',
    'a\u00a0b',
    '\u00a0',
    '\u3000',
    '\u202f',
    '\u2007',
    '\u2028',
    '\u2029',
    '\ufeff',
  ],
  ...['\u000b', '\u000c', '\u0000', 'a\u0085b', '\u{1f600}', 'é', 'x'.repeat(64), 'x'.repeat(65), 'a_b', 'a.b-c', 'A1'],
  ...['http://a.b', 'http://a.b/ä', 'urn:x', 'a b:c', 'urn:oid:1.2.3', 'urn:oid:1', 'urn:oid:3.1', 'urn:oid:1.02'],
  ...['urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7', 'urn:uuid:53FEFA32-FCBB-4FF8-8A92-55EE120877B7', 'urn:uuid:x'],
  ...['2020', '0000', '2020-13', '2020-02-30', '2020-02-29', '1900-02-29', '20', '2020-1', '2020-01-01T10:00', '2020-01-01T10:00:00'],
  ...['2020-01-01T10:00:00Z', '2020-01-01T10:00:00.1234567890123Z', '2020-01-01T24:00:00Z', '2020-01-01T23:59:60Z', '2020-01-01T10:00:00+14:00'],
  ...['2020-01-01T10:00:00+14:01', '2020-01-01T10:00:00-00:00', '10:00', '10:00:00', '10:00:00.1', '24:00:00'],
  ...['YQ==', 'YQ=', 'YQ', 'YWJj', 'YWJj\r\nYWJj', 'YW\nJj', 'Y-_j', '====', 'YWJjZA=='],
  ...[0, 1, -1, 1.5, 2 ** 31 - 1, 2 ** 31, 1e300, true, false, null],
];

const gate = createShapeGate();
const sound = createSoundReader();

for (const type of Object.keys(primitives)) {
  if (type === 'xhtml') continue;
  test(`tier 0 rejects no ${type} that tier 1 takes`, () => {
    const key = `value${type.charAt(0).toUpperCase()}${type.slice(1)}`;
    for (const value of texts) {
      if (value === null) continue;
      const resource = { resourceType: 'Basic', code: { text: 'x' }, extension: [{ url: 'http://a.example.org/x', [key]: value }] };
      const issues = standard.validate(resource);
      const accused = issues.filter(({ severity, tier }) => severity === 'error' && tier === 1).length > 0;
      const shown = JSON.stringify(value);
      if (!accused) assert.deepEqual(gate.check(resource), [], `${shown}: only tier 0 rejects it`);
      const line = Buffer.from(JSON.stringify(resource));
      if (sound(line, 0, line.length)) assert.deepEqual(gate.check(resource), [], `${shown}: the sound reader takes what the gate rejects`);
    }
  });
}

test('lists of codes in the schema are those of required bindings: no other is closed', () => {
  const { definitions, terminology } = standard.compiler;
  let compared = 0;
  for (const [name, node] of Object.entries(r4Definitions())) {
    const [type = '', ...inner] = name.split('_');
    const elements = definitions.type(type)?.value.element ?? [];
    for (const [property, each] of Object.entries(node.properties ?? {})) {
      const codes = codesOf(each);
      if (codes.length === 0) continue;
      const end = `.${[...inner.map((part) => part.charAt(0).toLowerCase() + part.slice(1).replace(/\d+$/, '')), property].join('.')}`;
      const bindings = elements.filter(({ path, binding }) => path.endsWith(end) && binding !== undefined).map(({ binding }) => binding);
      if (bindings.length === 0) continue;
      compared++;
      const fits = bindings.some((binding) => {
        const member = binding?.strength === 'required' ? terminology.members(binding.valueSet ?? '', 'hl7.fhir.r4.core#4.0.1') : undefined;
        return member !== undefined && codes.every((code) => member(undefined, code) === true);
      });
      assert.ok(fits, `${name}.${property}: ${codes.slice(0, 5).join(', ')}`);
    }
  }
  assert.ok(compared > 150, `only ${compared} were compared`);
});

const codesOf = ({ enum: own, items }: SchemaNode): readonly string[] => (own ?? items?.enum ?? []).filter((each) => each !== null);

test('tier 0 takes null where a repeating primitive has extensions only, and only there', () => {
  const patient = (given: Json, beside: Json) => ({ resourceType: 'Patient', name: [{ given, _given: beside }] });
  const absent = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] };
  assert.deepEqual(gate.check(patient([null, 'B'], [absent, null])), []);
  assert.equal(gate.check({ resourceType: 'Patient', birthDate: null }).length, 1);
  assert.ok(r4Definitions()['Patient']?.properties?.['name']?.items?.$ref?.startsWith(definitionsPrefix));
});
