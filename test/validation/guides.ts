import type { JsonObject } from '../../src/core/fhir.ts';
import type { Issue, Json } from '../../src/core/model.ts';
import { basePacks } from '../../src/validation/packages/base.ts';
import { memoryPack } from '../../src/validation/packages/pack.ts';
import { createValidator, type Validator, validatorOf } from '../../src/validation/port.ts';

/** The validator that every user has: base R4 and US Core 5.0.1. */
export const standard: Validator = createValidator({ cache: '/nonexistent' });

/** A validator with these conformance resources besides. */
export function withGuide(...resources: readonly JsonObject[]): Validator {
  return validatorOf([...basePacks(), memoryPack({ name: 'test.guide#1.0.0', dependencies: {}, fhirVersions: ['4.0.1'], resources })]);
}

/** A profile on a base type: the base snapshot, changed by `change`. */
export function profileOn(
  type: string,
  url: string,
  change: (elements: Record<string, Json>[]) => Record<string, Json>[],
  more: JsonObject = {},
): JsonObject {
  const base = standard.compiler.definitions.type(type)?.value;
  const elements = structuredClone(base?.element ?? []) as unknown as Record<string, Json>[];
  return {
    resourceType: 'StructureDefinition',
    url,
    version: '1.0.0',
    name: 'Test',
    type,
    kind: 'resource',
    derivation: 'constraint',
    fhirVersion: '4.0.1',
    baseDefinition: base?.url ?? '',
    snapshot: { element: change(elements) },
    ...more,
  };
}

export const errorsOf = (issues: readonly Issue[]): readonly string[] =>
  issues.filter((each) => each.severity === 'error').map((each) => `${each.rule} ${each.expression}`);
export const open = (issues: readonly Issue[]): readonly Issue[] => issues.filter((each) => each.severity === 'not-verifiable');
