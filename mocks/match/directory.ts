import type { Dataset, Made } from '../../fixtures/dataset.ts';
import type { PayerState } from '../kernel/payer.ts';
import { type Card, cardOf, type Person, personOf } from './person.ts';
import { digitalIdentifier } from './weight.ts';

/** A member as the matcher sees one. */
export interface Member {
  readonly id: string;
  readonly patient: Made;
  readonly person: Person;
  readonly cards: readonly Card[];
}

/** The HL7 Person Identifier that the payer holds for a member; an identity service made it out of the member's own number. */
export const digitalIdentifierOf = (patientId: string): string => `hl7-${patientId}`;

const made = new WeakMap<Dataset, readonly Member[]>();

/** All members, normalised once per data set. */
export function membersOf(data: Dataset): readonly Member[] {
  const known = made.get(data);
  if (known) return known;
  const coverages = data.byPatient.get('Coverage');
  const members = [...data.resources.values()]
    .filter((each) => each.resourceType === 'Patient')
    .map((patient) => {
      const person = personOf(patient);
      return {
        id: patient.id,
        patient,
        person: { ...person, identifiers: [...person.identifiers, { system: digitalIdentifier, value: digitalIdentifierOf(patient.id) }] },
        cards: (coverages?.get(patient.id) ?? []).map(cardOf),
      };
    });
  made.set(data, members);
  return members;
}

/** Tries that one client made for one person, so that card numbers cannot be guessed. Bounded. */
interface Tries {
  readonly counts: Map<string, { count: number; since: number }>;
}
const window = 60;
const keep = 10_000;

/** Counts a try that failed; answers how many there were within the last minute, this one included. */
export function countTry(payer: PayerState, key: string): number {
  const { counts } = payer.memory<Tries>('match.tries', () => ({ counts: new Map() }));
  const seen = counts.get(key);
  const now = payer.now();
  if (!seen || seen.since + window <= now) {
    if (counts.size >= keep) counts.clear();
    counts.set(key, { count: 1, since: now });
    return 1;
  }
  seen.count++;
  return seen.count;
}

/** Tries so far, without adding one. */
export function triesOf(payer: PayerState, key: string): number {
  const seen = payer.memory<Tries>('match.tries', () => ({ counts: new Map() })).counts.get(key);
  return seen && seen.since + window > payer.now() ? seen.count : 0;
}
