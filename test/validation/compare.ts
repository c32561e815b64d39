import { readFileSync } from 'node:fs';
import { createDataset } from '../../fixtures/dataset.ts';
import { isObject } from '../../src/core/fhir.ts';
import type { Issue, Json } from '../../src/core/model.ts';
import { readTgz } from '../../src/validation/packages/archive.ts';
import { claimsOf, type Validator } from '../../src/validation/port.ts';
import { isTerminology as engineTerminology } from '../../src/validation/tier2/reconcile.ts';
import type { Wrapper } from '../../src/validation/tier2/wrapper.ts';
import { mutantsOf } from './mutants.ts';

/** One resource judged by both tiers. */
export interface Compared {
  /** `package file` of the example, and the rule its mutant breaks (`example`: none). */
  readonly from: string;
  readonly rule: string;
  readonly type: string;
  readonly tier1: readonly Issue[];
  readonly tier2: readonly Issue[];
  readonly resource: Json;
}

export interface Sample {
  readonly from: string;
  readonly rule: string;
  readonly resource: Json;
}

/** Errors of codes and value sets: the tiers know different code systems, so these are compared apart. */
export const isTerminology = (issue: Issue): boolean => (issue.tier === 2 ? engineTerminology(issue) : /^(binding|code)\./.test(issue.rule));

export const structural = (issues: readonly Issue[]): readonly Issue[] => issues.filter((each) => each.severity === 'error' && !isTerminology(each));
export const coded = (issues: readonly Issue[]): readonly Issue[] => issues.filter((each) => each.severity === 'error' && isTerminology(each));

/** The engine crashed on it, which says nothing about the resource. */
export const crashed = (each: Compared): boolean => each.tier2.some((issue) => issue.rule === 'UNABLE_TO_VALIDATE');

/** Agreement = both find errors outside terminology, or neither does. */
export const agrees = (each: Compared): boolean => structural(each.tier1).length > 0 === structural(each.tier2).length > 0;

/** The examples published in a package. */
export function examplesOf(file: string): readonly Sample[] {
  const out: Sample[] = [];
  for (const { name, data } of readTgz(readFileSync(file), file)) {
    if (!name.startsWith('package/example/') || !name.endsWith('.json')) continue;
    const resource = JSON.parse(data.toString('utf8')) as Json;
    if (isObject(resource) && typeof resource['resourceType'] === 'string')
      out.push({ from: name.slice('package/example/'.length), rule: 'example', resource });
  }
  return out;
}

/** Two of each type of the synthetic data set, without the profiles they claim: each tier may have other guides. */
export function ownSamples(): readonly Sample[] {
  const seen = new Map<string, number>();
  return [...createDataset(1, 20).resources.values()].flatMap((resource): readonly Sample[] => {
    const count = (seen.get(resource.resourceType) ?? 0) + 1;
    seen.set(resource.resourceType, count);
    const { meta: _claims, ...plain } = resource as { readonly [key: string]: Json };
    return count > 2 ? [] : [{ from: `${resource.resourceType}/${resource.id}`, rule: 'example', resource: plain }];
  });
}

const mutated = new Set(
  'Patient Coverage ExplanationOfBenefit Observation Condition MedicationRequest DocumentReference Practitioner Organization Endpoint Group'.split(
    ' ',
  ),
);

/** Mutants of the examples of the types that payers exchange. */
export function mutantsOfAll(examples: readonly Sample[], each: number, seed: number): readonly Sample[] {
  return examples
    .filter(({ resource }) => isObject(resource) && mutated.has(String(resource['resourceType'])))
    .flatMap(({ from, resource }, i) => mutantsOf(resource, each, seed + i).map((mutant) => ({ from, ...mutant })));
}

export async function compare(samples: readonly Sample[], validator: Validator, wrapper: Wrapper): Promise<readonly Compared[]> {
  const out: Compared[] = [];
  for (let i = 0; i < samples.length; i += 20) {
    const batch = samples.slice(i, i + 20);
    const answers = await wrapper.validate(batch.map(({ resource }) => JSON.stringify(resource)));
    batch.forEach(({ from, rule, resource }, j) => {
      out.push({
        from,
        rule,
        type: isObject(resource) ? String(resource['resourceType']) : '',
        tier1: validator.validateText(JSON.stringify(resource), claimsOf(resource)),
        tier2: answers[j] ?? [],
        resource,
      });
    });
  }
  return out;
}
