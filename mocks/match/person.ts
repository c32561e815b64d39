import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

export interface Name {
  readonly family: string;
  readonly given: readonly string[];
}
export interface Identifier {
  readonly system: string;
  readonly value: string;
}
export interface Address {
  readonly line: string;
  readonly city: string;
  readonly postalCode: string;
}

/** What a matcher compares: normalised, so that case, accents, hyphens and blanks decide nothing. */
export interface Person {
  readonly names: readonly Name[];
  readonly birthDate: string;
  readonly gender: string;
  readonly addresses: readonly Address[];
  readonly identifiers: readonly Identifier[];
  readonly contacts: readonly string[];
}

/** `O'Brien-Núñez` and `OBRIEN NUNEZ` are one name. */
export const normalise = (text: string | undefined): string =>
  (text ?? '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

const identifiersOf = (resource: Json | undefined): readonly Identifier[] =>
  asArray(at(resource, 'identifier')).flatMap((each) => {
    const value = asString(at(each, 'value'))?.trim();
    return value ? [{ system: asString(at(each, 'system')) ?? '', value }] : [];
  });

/** Reads a Patient of anybody's making. */
export function personOf(patient: Json | undefined): Person {
  return {
    names: asArray(at(patient, 'name')).map((name) => ({
      family: normalise(asString(at(name, 'family'))),
      given: asArray(at(name, 'given')).map((each) => normalise(asString(each))),
    })),
    birthDate: asString(at(patient, 'birthDate')) ?? '',
    gender: asString(at(patient, 'gender')) ?? birthSex(patient),
    addresses: asArray(at(patient, 'address')).map((address) => ({
      line: normalise(asArray(at(address, 'line')).map(asString).join(' ')),
      city: normalise(asString(at(address, 'city'))),
      postalCode: (asString(at(address, 'postalCode')) ?? '').slice(0, 5),
    })),
    identifiers: identifiersOf(patient),
    contacts: asArray(at(patient, 'telecom')).flatMap((each) => normalise(asString(at(each, 'value'))) || []),
  };
}

const birthSexUrl = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex';
function birthSex(patient: Json | undefined): string {
  const code = asArray(at(patient, 'extension')).find((each) => at(each, 'url') === birthSexUrl);
  return { F: 'female', M: 'male' }[asString(at(code, 'valueCode')) ?? ''] ?? '';
}

/** Numbers that are on a member's card. */
export interface Card {
  readonly numbers: readonly string[];
}

/** Reads a Coverage: subscriber id, member number and the identifiers of the policy. */
export function cardOf(coverage: Json | undefined): Card {
  const subscriber = asString(at(coverage, 'subscriberId'))?.trim();
  return { numbers: [...identifiersOf(coverage).map((each) => each.value), ...(subscriber ? [subscriber] : [])] };
}

/** The number that tells one member of a family from the other; the subscriber's number is shared by all of them. */
export const memberNumberOf = (coverage: Json | undefined): string | undefined => identifiersOf(coverage)[0]?.value;
