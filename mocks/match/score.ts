import { distance } from 'fastest-levenshtein';
import type { Address, Person } from './person.ts';

export type Grade = 'certain' | 'probable' | 'possible' | 'certainly-not';
export interface Graded {
  readonly grade: Grade;
  /** 0 to 1. */
  readonly score: number;
}

type Agreement = 'same' | 'near' | 'differs' | 'unknown';
type Field = 'identifier' | 'birthDate' | 'family' | 'given' | 'address' | 'gender' | 'contact';

/** How much each field says about a person; an identifier most, a gender least. */
const weights: Readonly<Record<Field, number>> = { identifier: 5, birthDate: 4, family: 3, given: 3, address: 2, contact: 1, gender: 1 };
const worth: Readonly<Record<Agreement, number>> = { same: 1, near: 0.6, differs: 0, unknown: 0 };

/** Share of letters that two words have in common, 0 to 1. */
const likeness = (a: string, b: string): number => (a === '' || b === '' ? 0 : 1 - distance(a, b) / Math.max(a.length, b.length));

/** The best agreement that any of ours finds with any of theirs. */
function best(scores: readonly Agreement[]): Agreement {
  for (const each of ['same', 'near', 'differs'] as const) if (scores.includes(each)) return each;
  return 'unknown';
}

const word = (a: string, b: string): Agreement => (a === '' || b === '' ? 'unknown' : a === b ? 'same' : likeness(a, b) >= 0.75 ? 'near' : 'differs');

const pairs = <T, R>(ours: readonly T[], theirs: readonly T[], compare: (a: T, b: T) => R): readonly R[] =>
  ours.flatMap((a) => theirs.map((b) => compare(a, b)));

/** Two birth dates that a slip of the pen could confuse: one part differs, or day and month are exchanged. */
function dates(a: string, b: string): Agreement {
  if (a === '' || b === '') return 'unknown';
  if (a === b) return 'same';
  const [left, right] = [a.split('-'), b.split('-')];
  const same = left.filter((part, index) => part === right[index]).length;
  const swapped = left[0] === right[0] && left[1] === right[2] && left[2] === right[1];
  return same === 2 || swapped ? 'near' : 'differs';
}

/** The same number under the same system settles it; another number under the same system counts against it. */
function identifiers(asked: Person, candidate: Person): Agreement {
  const known = pairs(
    asked.identifiers,
    candidate.identifiers,
    (a, b): Agreement => (a.system !== b.system ? 'unknown' : a.value === b.value ? 'same' : 'differs'),
  );
  return best(known);
}

const addresses = (a: Address, b: Address): Agreement => {
  if (a.line === '' || b.line === '') return a.postalCode !== '' && a.postalCode === b.postalCode ? 'near' : 'unknown';
  if (a.postalCode === b.postalCode) return a.line === b.line ? 'same' : 'near';
  return 'differs';
};

/** Field by field, how far a candidate agrees with what was asked. */
export function agreement(asked: Person, candidate: Person): Readonly<Record<Field, Agreement>> {
  return {
    identifier: identifiers(asked, candidate),
    birthDate: dates(asked.birthDate, candidate.birthDate),
    family: best(pairs(asked.names, candidate.names, (a, b) => word(a.family, b.family))),
    given: best(pairs(asked.names, candidate.names, (a, b) => word(a.given[0] ?? '', b.given[0] ?? ''))),
    address: best(pairs(asked.addresses, candidate.addresses, addresses)),
    gender: asked.gender === '' || candidate.gender === '' ? 'unknown' : asked.gender === candidate.gender ? 'same' : 'differs',
    contact: best(pairs(asked.contacts, candidate.contacts, (a, b): Agreement => (a === b ? 'same' : 'unknown'))),
  };
}

/**
 * Grades one candidate. Safe for the wrong person: a candidate is certain only when name and birth date are the same, something
 * that kinship does not explain (an identifier, or the address together with the gender) is the same too, and nothing known differs.
 */
export function gradeOf(asked: Person, candidate: Person): Graded {
  const found = agreement(asked, candidate);
  const fields = Object.entries(found) as [Field, Agreement][];
  const compared = fields.filter(([, each]) => each !== 'unknown');
  const total = compared.reduce((sum, [field]) => sum + weights[field], 0);
  const score = total === 0 ? 0 : compared.reduce((sum, [field, each]) => sum + weights[field] * worth[each], 0) / total;
  const rounded = Math.round(score * 100) / 100;
  const doubts = compared.filter(([, each]) => each !== 'same').length;
  const core = found.family === 'same' && found.given === 'same' && found.birthDate === 'same';
  const proof = found.identifier === 'same' || (found.address === 'same' && found.gender === 'same');
  if (core && proof && doubts === 0) return { grade: 'certain', score: rounded };
  const name = found.family !== 'differs' && found.given !== 'differs' && found.family !== 'unknown';
  if (name && (core || (doubts === 1 && found.birthDate !== 'differs')) && score >= 0.7) return { grade: 'probable', score: Math.min(rounded, 0.95) };
  return score >= 0.6 ? { grade: 'possible', score: Math.min(rounded, 0.8) } : { grade: 'certainly-not', score: rounded };
}

/** For `$member-match`: may this be told to a provider as *the* member? Nothing near counts, and what is missing on one side must not differ. */
export function isSamePerson(asked: Person, member: Person): boolean {
  const found = agreement(asked, member);
  return found.family === 'same' && found.given === 'same' && found.birthDate === 'same' && found.gender !== 'differs';
}

/** Near enough that a careful clerk would ask back: same family and birth date, and a given name that sounds alike. */
export function isAlike(asked: Person, member: Person): boolean {
  const found = agreement(asked, member);
  return found.family === 'same' && found.birthDate === 'same' && (found.given === 'same' || found.given === 'near');
}
