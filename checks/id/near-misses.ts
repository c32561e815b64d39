import { asArray, asObject, asString, at } from '../../src/core/fhir.ts';
import type { Json, NearMissKey } from '../../src/core/model.ts';

export type Patient = { readonly [key: string]: Json };

/** A person who is almost the known member. */
export interface NearMiss {
  readonly id: NearMissKey;
  readonly title: string;
  /** True when it is somebody else for certain; false when it could be the member with a slip of the pen. */
  readonly otherPerson: boolean;
  readonly alter: (patient: Patient) => Patient;
}

const nameOf = (patient: Patient): Patient => asObject(asArray(patient['name'])[0]);
const familyOf = (patient: Patient): string => asString(nameOf(patient)['family']) ?? '';
const givenOf = (patient: Patient): string => asString(at(nameOf(patient)['given'], 0)) ?? '';
const renamed = (patient: Patient, family: string, given: string): Patient => ({ ...patient, name: [{ family, given: [given] }] });

/** The next letter of the alphabet in the middle of the word: one slip of the pen. */
export function oneLetter(word: string, place = Math.floor(word.length / 2)): string {
  const letter = word[place] ?? 'a';
  const next = letter === 'z' ? 'a' : letter === 'Z' ? 'A' : /[a-y]/i.test(letter) ? String.fromCharCode(letter.charCodeAt(0) + 1) : 'x';
  return word.slice(0, place) + next + word.slice(place + 1);
}

const bornIn = (patient: Patient, years: number): Patient => {
  const [year = '', ...rest] = (asString(patient['birthDate']) ?? '').split('-');
  return { ...patient, birthDate: [String(Number(year) + years).padStart(4, '0'), ...rest].join('-') };
};

/** Names that parents give to the other twin. */
const twinName = (given: string): string => (given.endsWith('a') ? `${given.slice(0, -1)}o` : `${given.slice(0, Math.max(2, given.length - 1))}ah`);

/** The known member, altered in the ways in which members are mistaken for one another. */
export const nearMisses: readonly NearMiss[] = [
  {
    id: 'one-letter',
    title: 'one letter of the family name differs',
    otherPerson: false,
    alter: (patient) => renamed(patient, oneLetter(familyOf(patient)), givenOf(patient)),
  },
  {
    id: 'swapped-names',
    title: 'family and given name are exchanged',
    otherPerson: false,
    alter: (patient) => renamed(patient, givenOf(patient), familyOf(patient)),
  },
  {
    id: 'twin',
    title: 'the twin: another given name, all else the same',
    otherPerson: true,
    alter: (patient) => renamed(patient, familyOf(patient), twinName(givenOf(patient))),
  },
  { id: 'parent', title: 'the parent of the same name, a generation older', otherPerson: true, alter: (patient) => bornIn(patient, -28) },
  {
    id: 'old-address',
    title: 'an address where the member no longer lives',
    otherPerson: false,
    alter: (patient) => ({ ...patient, address: [{ use: 'old', line: ['1 Former Road'], city: 'Elsewhere', state: 'OH', postalCode: '44101' }] }),
  },
  { id: 'wrong-year', title: 'the birth year is one off', otherPerson: true, alter: (patient) => bornIn(patient, 1) },
];

/** What no two people share must go, or the question is about the member after all. */
export const withoutNumbers = (patient: Patient): Patient =>
  Object.fromEntries(Object.entries(patient).filter(([key]) => key !== 'identifier' && key !== 'telecom'));
