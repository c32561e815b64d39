import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

const profile = 'http://hl7.org/fhir/us/identity-matching/StructureDefinition/IDI-Patient';
export const digitalIdentifier = 'http://hl7.org/fhir/us/identity-matching/ns/HL7PersonIdentifier';

/** Least weight that each asserted profile promises. The base profile promises none. */
const promised: Readonly<Record<string, number>> = { [`${profile}-L0`]: 9, [`${profile}-L1`]: 10, [`${profile}-L2`]: 10 };

const typed = (patient: Json, codes: readonly string[]): number =>
  asArray(at(patient, 'identifier')).filter((each) =>
    asArray(at(each, 'type', 'coding')).some((coding) => codes.includes(asString(at(coding, 'code')) ?? '')),
  ).length;

/**
 * Weight of the demographics that a request holds: 5 for each strong number (10 at most), 4 for one and 5 for several of address, e-mail,
 * phone, other number and photo, 3 for first and last name, 2 for the birth date.
 * Source: http://hl7.org/fhir/us/identity-matching/patient-matching.html#patient-weighted-elements
 */
export function inputWeight(patient: Json): number {
  const all = asArray(at(patient, 'identifier'));
  const strong = typed(patient, ['PPN', 'DL', 'STID']) + all.filter((each) => at(each, 'system') === digitalIdentifier).length;
  const telecom = (system: string) => asArray(at(patient, 'telecom')).some((each) => at(each, 'system') === system && asString(at(each, 'value')));
  const address = asArray(at(patient, 'address')).some(
    (each) =>
      asArray(at(each, 'line')).length > 0 &&
      (at(each, 'postalCode') !== undefined || (at(each, 'city') !== undefined && at(each, 'state') !== undefined)),
  );
  const weak = [address, telecom('email'), telecom('phone'), all.length > strong, asArray(at(patient, 'photo')).length > 0].filter(Boolean).length;
  const named = asArray(at(patient, 'name')).some((each) => asString(at(each, 'family')) && asArray(at(each, 'given')).length > 0);
  const born = asString(at(patient, 'birthDate')) !== undefined;
  return Math.min(10, 5 * strong) + (weak > 1 ? 5 : 4 * weak) + (named ? 3 : 0) + (born ? 2 : 0);
}

/** The profile whose promise the input breaks, with both weights; undefined when every asserted promise is kept. */
export function brokenPromise(patient: Json): { readonly profile: string; readonly least: number; readonly weight: number } | undefined {
  const weight = inputWeight(patient);
  for (const each of asArray(at(patient, 'meta', 'profile'))) {
    const asserted = (asString(each) ?? '').split('|')[0] ?? '';
    const least = promised[asserted];
    if (least !== undefined && weight < least) return { profile: asserted, least, weight };
  }
  return undefined;
}
