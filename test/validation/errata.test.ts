import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Issue, Json } from '../../src/core/model.ts';
import { bindingErrata, contextErrata, enumErrata, invariantErrata, partErrata, patternErrata } from '../../src/validation/definitions/errata.ts';
import { compile } from '../../src/validation/fhirpath/compile.ts';
import { booleanOf, Failed, HandOver } from '../../src/validation/fhirpath/values.ts';
import { choicesOf } from '../../src/validation/profile/choices.ts';
import { r4Definitions } from '../../src/validation/schema.ts';
import { standard } from './guides.ts';

const choices = choicesOf(standard.compiler.definitions);

/** One value for each corrected invariant that the published form does not find true, although it is right. `type`: of the value, where that is one. */
const rightValues: Readonly<Record<string, { readonly value: Json; readonly type?: string }>> = {
  'pd-1': { value: { telecom: [{ value: '1' }, { value: '2' }] } },
  'ref-1': { value: { reference: '#' } },
  'bdl-8': { value: { resource: { resourceType: 'Basic' } } },
  'vs-1': { value: { start: '2020' }, type: 'Period' },
  'us-core-1': { value: '2020-01-01', type: 'dateTime' },
  'tim-9': { value: { offset: 5, when: ['MORN', 'EVE'] } },
  'con-3': { value: { resourceType: 'Condition', category: [{ coding: [{ system: 'http://a.b', code: 'encounter-diagnosis' }] }] } },
  'que-7': { value: { operator: 'exists', answerBoolean: true } },
  'ras-2': { value: { outcome: { text: 'x' } } },
  'opd-2': { value: { type: 'uri' } },
  'eld-18': { value: { path: 'a' } },
  'vs-2': { value: { valueString: 'x', dataAbsentReason: { text: 'x' } } },
  'network-or-plan-Network': { value: { plan: [{ network: [{ reference: 'Organization/1' }] }] } },
  'practitioner-or-organization-or-healthcareservice-or-location': { value: { healthcareService: [{ reference: 'HealthcareService/1' }] } },
  'eld-19': { value: { path: 'Patient.name' } },
};

function holds(expression: string, { value, type }: { readonly value: Json; readonly type?: string }): boolean | undefined {
  try {
    return booleanOf(compile(expression, choices, type)([value], { resource: value, root: value, context: value }));
  } catch (cause) {
    if (cause instanceof Failed || cause instanceof HandOver) return undefined;
    return (cause as Error).constructor.name === 'Unsupported' ? undefined : assert.fail(cause as Error);
  }
}

for (const { key, published, instead } of invariantErrata) {
  if (key === 'que-12') {
    test('que-12: two conditions without a behaviour are wrong, which the published form overlooks', () => {
      const value = { enableWhen: [{ question: '1' }, { question: '2' }] };
      assert.equal(holds(published, { value }), true);
      assert.equal(holds(instead, { value }), false);
    });
    continue;
  }
  test(`${key}: the corrected form finds true what the published form does not`, () => {
    const right = rightValues[key];
    assert.ok(right, 'an example is needed');
    assert.equal(holds(instead, right), true);
    if (key !== 'vs-2' && key !== 'eld-19') assert.notEqual(holds(published, right), true);
  });
}

test('no published pattern that is corrected is left in the schema of tier 0', () => {
  const text = JSON.stringify(r4Definitions());
  for (const { published, instead } of patternErrata) {
    assert.ok(!text.includes(JSON.stringify(published)), published);
    assert.ok(text.includes(JSON.stringify(instead)), instead);
  }
});

const wrong = (issues: readonly Issue[]): readonly string[] =>
  issues.filter(({ severity }) => severity === 'error').map(({ rule, text }) => `${rule}: ${text}`);

test('bindings, contexts and lists of codes that are too narrow as published', () => {
  assert.deepEqual([bindingErrata.length, contextErrata.length, enumErrata.length], [1, 1, 1]);
  const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
  const ucum = (value: number, code: string) => ({ value, unit: code, system: 'http://unitsofmeasure.org', code });
  assert.deepEqual(
    wrong(
      standard.validateText(
        JSON.stringify({
          resourceType: 'Observation',
          status: 'final',
          category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
          code: { coding: [...loinc('2708-6').coding, ...loinc('59408-5').coding] },
          subject: { reference: 'Patient/1' },
          effectiveDateTime: '2020-01-01',
          valueQuantity: ucum(95, '%'),
          component: [{ code: loinc('3151-8'), valueQuantity: ucum(6, 'L/min') }],
        }),
      ),
    ),
    [],
  );
  const type = { code: 'string', extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type', valueUrl: 'string' }] };
  const element = (path: string, more: object) => ({ id: path, path, definition: 'x', min: 0, max: '1', base: { path, min: 0, max: '1' }, ...more });
  assert.deepEqual(
    wrong(
      standard.validateText(
        JSON.stringify({
          resourceType: 'StructureDefinition',
          url: 'http://a.example.org/x',
          name: 'X',
          status: 'draft',
          kind: 'resource',
          abstract: false,
          type: 'Basic',
          baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
          derivation: 'constraint',
          differential: { element: [element('Basic', {}), element('Basic.id', { type: [type] })] },
        }),
      ),
    ),
    [],
  );
  assert.deepEqual(
    wrong(
      standard.validateText(
        JSON.stringify({
          resourceType: 'Library',
          status: 'draft',
          type: { text: 'x' },
          extension: [{ url: 'http://a.example.org/x', valueExpression: { language: 'text/x-other', expression: 'x' } }],
        }),
      ),
    ),
    [],
  );
});

test('F5.1: an extension that grew after R4 has the parts of its newer edition, too', () => {
  for (const { extension: url, also } of partErrata) {
    const security = (parts: readonly string[]) => ({
      resourceType: 'CapabilityStatement',
      status: 'active',
      date: '2026-01-01',
      kind: 'requirements',
      fhirVersion: '4.0.1',
      format: ['json'],
      description: 'x',
      rest: [
        { mode: 'server', security: { extension: [{ url, extension: parts.map((part) => ({ url: part, valueUri: 'https://a.example.org/x' })) }] } },
      ],
    });
    const rules = (parts: readonly string[]) => wrong(standard.validateText(JSON.stringify(security(parts)))).map((each) => each.split(':')[0]);
    assert.deepEqual(rules(['authorize', 'token', ...also]), [], url);
    assert.deepEqual(rules(['authorize', 'token', 'no-such-part']), ['extension.part'], url);
  }
});

test('F5.15: a language in words alone is no breach of a preferred binding with a greatest set; a code outside that set is', () => {
  const rules = (language: Json) => wrong(standard.validateText(JSON.stringify({ resourceType: 'Patient', communication: [{ language }] })));
  assert.deepEqual(rules({ text: 'English' }), []);
  assert.match(rules({ coding: [{ system: 'http://a.example.org/languages', code: 'e' }] }).join(), /binding\.max/);
});
