import { asArray, asString, at, isObject, isResource, type JsonObject, jsonOf, type Resource } from '../src/core/fhir.ts';
import { select } from '../src/core/findings.ts';
import { memo } from '../src/core/memo.ts';
import type { Evidence } from '../src/core/model.ts';

/** Which payers a row binds: what they claim and declare, read from their CapabilityStatement and the target file. */

/** True: it binds. A string: why not. `unknown`: it cannot be known, so a miss is a warning only. */
export type Bound = true | string | { readonly unknown: string };
export type Applies = (evidence: Evidence) => Bound;

/** All must hold. A reason why not outweighs an unknown. */
export const allOf =
  (...conditions: readonly Applies[]): Applies =>
  (evidence) => {
    let unknown: Bound = true;
    for (const condition of conditions) {
      const bound = condition(evidence);
      if (typeof bound === 'string') return bound;
      if (bound !== true) unknown = bound;
    }
    return unknown;
  };

/** One is enough. */
export const anyOf =
  (...conditions: readonly Applies[]): Applies =>
  (evidence) => {
    const bounds = conditions.map((condition) => condition(evidence));
    return bounds.find((bound) => bound === true) ?? bounds.find((bound) => typeof bound !== 'string') ?? bounds.join(' ');
  };

/** The payer's CapabilityStatement, from the first honest metadata answer that holds one. */
export const capabilityOf = memo((evidence: Evidence): Resource | undefined => {
  for (const exchange of select(evidence, { step: 'metadata' })) {
    const value = exchange.response?.status === 200 ? jsonOf(exchange.response) : undefined;
    if (isResource(value, 'CapabilityStatement')) return value;
  }
  return undefined;
});

/** Entries of `rest.resource` of the server's statement. */
export const resourcesOf = (capability: Resource | undefined): readonly JsonObject[] =>
  asArray(at(capability, 'rest'))
    .filter((rest) => at(rest, 'mode') !== 'client')
    .flatMap((rest) => asArray(at(rest, 'resource')))
    .filter(isObject);

export const resourceEntry = (capability: Resource | undefined, type: string): JsonObject | undefined =>
  resourcesOf(capability).find((each) => each['type'] === type);

interface Guide {
  readonly name: string;
  /** Package id: the key in the target file's `claims` and the end of the guide's canonical. */
  readonly id: string;
  /** What its canonicals begin with. */
  readonly canonical: string;
}

export const guides = {
  usCore: { name: 'US Core', id: 'hl7.fhir.us.core', canonical: 'http://hl7.org/fhir/us/core/' },
  pdex: { name: 'PDex', id: 'hl7.fhir.us.davinci-pdex', canonical: 'http://hl7.org/fhir/us/davinci-pdex/' },
  hrex: { name: 'HRex', id: 'hl7.fhir.us.davinci-hrex', canonical: 'http://hl7.org/fhir/us/davinci-hrex/' },
  c4bb: { name: 'CARIN Blue Button', id: 'hl7.fhir.us.carin-bb', canonical: 'http://hl7.org/fhir/us/carin-bb/' },
  atr: { name: 'Member Attribution (ATR)', id: 'hl7.fhir.us.davinci-atr', canonical: 'http://hl7.org/fhir/us/davinci-atr/' },
  crd: { name: 'CRD', id: 'hl7.fhir.us.davinci-crd', canonical: 'http://hl7.org/fhir/us/davinci-crd/' },
  bulk: { name: 'Bulk Data Access', id: 'hl7.fhir.uv.bulkdata', canonical: 'http://hl7.org/fhir/uv/bulkdata/' },
  smart: { name: 'SMART App Launch', id: 'hl7.fhir.uv.smart-app-launch', canonical: 'http://hl7.org/fhir/smart-app-launch/' },
  planNet: { name: 'Plan-Net', id: 'hl7.fhir.us.davinci-pdex-plan-net', canonical: 'http://hl7.org/fhir/us/davinci-pdex-plan-net/' },
  identityMatching: { name: 'Identity Matching', id: 'hl7.fhir.us.identity-matching', canonical: 'http://hl7.org/fhir/us/identity-matching/' },
  deqm: { name: 'DEQM', id: 'hl7.fhir.us.davinci-deqm', canonical: 'http://hl7.org/fhir/us/davinci-deqm/' },
} as const satisfies Record<string, Guide>;

/** A guide that the payer says it follows; the version when it says which. */
export interface Claim {
  readonly version?: string;
}

/** The operator's word goes first, then the statement's implementationGuide, instantiates, and supportedProfile. */
export function claimOf(evidence: Evidence, guide: Guide): Claim | undefined {
  const told = evidence.target.claims?.[guide.id];
  if (told === false) return undefined;
  if (typeof told === 'string') return { version: told };
  const capability = capabilityOf(evidence);
  const canonicals = [
    ...asArray(at(capability, 'implementationGuide')),
    ...asArray(at(capability, 'instantiates')),
    ...resourcesOf(capability).flatMap((each) => asArray(each['supportedProfile'])),
  ].flatMap((each) => asString(each) ?? []);
  const named = canonicals.filter((each) => each.startsWith(guide.canonical));
  if (named.length === 0) return told === true ? {} : undefined;
  const version = named.map((each) => each.split('|')[1]).find((each) => each !== undefined && /^\d/.test(each));
  return version === undefined ? {} : { version };
}

/** Negative, zero or positive as a is older than, equal to or newer than b; `2.2` equals `2.2.0`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Claims the guide, at this version or later (and before `below`). An unknown version makes a miss a warning. */
export const claims =
  (guide: Guide, least?: string, below?: string): Applies =>
  (evidence) => {
    const claim = claimOf(evidence, guide);
    if (!claim) {
      if (evidence.target.claims?.[guide.id] === undefined && !capabilityOf(evidence))
        return { unknown: `no CapabilityStatement was read, so it is not known whether ${guide.name} is claimed` };
      return `The payer does not claim ${guide.name}.`;
    }
    if (least === undefined && below === undefined) return true;
    if (claim.version === undefined) return { unknown: `${guide.name} is claimed without a version` };
    if (least !== undefined && compareVersions(claim.version, least) < 0)
      return `The payer claims ${guide.name} ${claim.version}; this binds from ${least} on.`;
    if (below !== undefined && compareVersions(claim.version, below) >= 0)
      return `The payer claims ${guide.name} ${claim.version}; this binds before ${below} only.`;
    return true;
  };

export const claimsUsCore = (least?: string, below?: string): Applies => claims(guides.usCore, least, below);
export const claimsPdex = (least?: string, below?: string): Applies => claims(guides.pdex, least, below);
export const claimsHrex = (least?: string, below?: string): Applies => claims(guides.hrex, least, below);
export const claimsC4bb = (least?: string, below?: string): Applies => claims(guides.c4bb, least, below);
export const claimsAtr = (least?: string, below?: string): Applies => claims(guides.atr, least, below);
export const claimsSmart = (least?: string, below?: string): Applies => claims(guides.smart, least, below);

const noStatement = { unknown: 'no CapabilityStatement was read, so it is not known what the payer declares' };

/** Makes a condition on the CapabilityStatement; unknown when none was read. */
const declared =
  (holds: (capability: Resource) => boolean, whyNot: string): Applies =>
  (evidence) => {
    const capability = capabilityOf(evidence);
    if (!capability) return noStatement;
    return holds(capability) || whyNot;
  };

/** `instantiates` the US Core server: it claims the interactions, not the profiles alone. */
export const claimsUsCoreServer: Applies = declared(
  (capability) =>
    asArray(at(capability, 'instantiates')).some((each) => /\/us\/core\/CapabilityStatement\/us-core-server(\||$)/.test(asString(each) ?? '')),
  'The payer does not instantiate the US Core server CapabilityStatement.',
);

export const declaresType = (type: string): Applies =>
  declared((capability) => resourceEntry(capability, type) !== undefined, `The payer does not declare ${type}.`);

/** Interaction codes as in CapabilityStatement.rest.resource.interaction: read, vread, search-type, ... */
export const declaresInteraction = (type: string, code: string): Applies =>
  declared(
    (capability) => asArray(resourceEntry(capability, type)?.['interaction']).some((each) => at(each, 'code') === code),
    `The payer does not declare ${code} on ${type}.`,
  );

export const declaresSearchParam = (type: string, ...names: readonly string[]): Applies =>
  declared(
    (capability) => names.every((name) => asArray(resourceEntry(capability, type)?.['searchParam']).some((each) => at(each, 'name') === name)),
    `The payer does not declare the search parameter${names.length > 1 ? 's' : ''} ${names.join(', ')} on ${type}.`,
  );

/** Is this operation in the statement? By name (with or without `$`) or by the end of its definition; `type` absent = on the system. */
export function hasOperation(capability: Resource, type: string | undefined, name: string): boolean {
  const rests = asArray(at(capability, 'rest'));
  const onType = type === undefined ? [] : asArray(resourceEntry(capability, type)?.['operation']);
  return [...onType, ...rests.flatMap((rest) => asArray(at(rest, 'operation')))].some((each) => {
    const [own, definition] = [asString(at(each, 'name')) ?? '', (asString(at(each, 'definition')) ?? '').split('|')[0] ?? ''];
    const plain = own.replace(/^\$/, '').toLowerCase();
    const wanted = name.replace(/^\$/, '').toLowerCase();
    return plain === wanted || definition.toLowerCase().endsWith(`/${wanted}`) || definition.toLowerCase().endsWith(`-${wanted}`);
  });
}

export const declaresOperation = (type: string | undefined, name: string): Applies =>
  declared((capability) => hasOperation(capability, type, name), `The payer does not declare the operation $${name.replace(/^\$/, '')}.`);
