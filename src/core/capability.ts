import { asArray, asObject, asString, at, isResource, jsonOf } from './fhir.ts';
import type { Evidence, Json, Target } from './model.ts';

/** What a payer says about itself, read from a CapabilityStatement that nobody has validated. */

const serverRest = (capability: Json | undefined): Json | undefined =>
  asArray(at(capability, 'rest')).find((each) => (asString(at(each, 'mode')) ?? 'server') === 'server');

/** The `rest.resource` entry of a type. */
export const declaredResource = (capability: Json | undefined, type: string): Json | undefined =>
  asArray(at(serverRest(capability), 'resource')).find((each) => at(each, 'type') === type);

/** Is the operation listed, for the type or for the whole server, by name or by the end of its definition? Case and `$` do not count. */
export function declaresOperation(capability: Json | undefined, type: string, name: string): boolean {
  const wanted = name.toLowerCase();
  const listed = [...asArray(at(declaredResource(capability, type), 'operation')), ...asArray(at(serverRest(capability), 'operation'))];
  return listed.some((each) => {
    const own = (asString(at(each, 'name')) ?? '').toLowerCase().replace(/^\$/, '');
    const definition = (asString(at(each, 'definition')) ?? '').toLowerCase().split('|')[0] ?? '';
    return own === wanted || definition.endsWith(`-${wanted}`) || definition.endsWith(`/${wanted}`);
  });
}

/** Is the search parameter listed for the type? */
export const declaresSearch = (capability: Json | undefined, type: string, parameter: string): boolean =>
  asArray(at(declaredResource(capability, type), 'searchParam')).some((each) => at(each, 'name') === parameter);

/** Canonicals of the guides and capability statements that the payer claims, with version where given. */
export function canonicalsOf(capability: Json | undefined): readonly string[] {
  const { instantiates, implementationGuide, imports } = asObject(capability);
  const profiles = asArray(at(capability, 'meta', 'profile'));
  return [...asArray(instantiates), ...asArray(implementationGuide), ...asArray(imports), ...profiles].flatMap((each) => asString(each) ?? []);
}

/** The CapabilityStatement that discovery brought. */
export function capabilityIn(evidence: Evidence): Json | undefined {
  for (const exchange of evidence.exchanges) {
    if (exchange.step !== 'metadata' || exchange.probe !== undefined || exchange.response?.status !== 200) continue;
    const value = jsonOf(exchange.response);
    if (isResource(value, 'CapabilityStatement')) return value;
  }
  return undefined;
}

export interface Claim {
  /** Absent when the claim names no version. */
  readonly version?: string;
}

/**
 * Does the payer claim this guide (`hl7.fhir.us.davinci-hrex`)? Read from the target file first, then from the canonicals:
 * `http://hl7.org/fhir/us/davinci-hrex/...|1.1.0`. Undefined when nothing says so.
 */
export function claimOf(capability: Json | undefined, target: Target, guide: string): Claim | undefined {
  const told = target.claims?.[guide];
  if (typeof told === 'string') return { version: told };
  if (told === false) return undefined;
  const folder = `/${guide.split('.').slice(2).join('/')}/`;
  const found = canonicalsOf(capability).filter((each) => each.includes(folder));
  const versioned = found.map((each) => each.split('|')[1]).find((each) => each !== undefined && each !== '');
  if (versioned !== undefined) return { version: versioned };
  return found.length > 0 || told === true ? {} : undefined;
}

/** -1, 0 or 1 for `1.1.0` against `1.10`. */
export function compareVersions(a: string, b: string): number {
  const parts = (text: string) => text.split(/[.-]/).map((each) => Number.parseInt(each, 10) || 0);
  const [left, right] = [parts(a), parts(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
