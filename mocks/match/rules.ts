import type { Dataset } from '../../fixtures/dataset.ts';
import { asArray, asObject, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { PayerState } from '../kernel/payer.ts';
import type { Trouble } from '../kernel/replies.ts';
import { type Member, membersOf } from './directory.ts';
import type { Card, Person } from './person.ts';
import { honoursConsent, invalid, isLocal, problemWith } from './question.ts';
import { type Graded, gradeOf, isAlike, isSamePerson } from './score.ts';

const umb = 'http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp';
const sameCard = (asked: Card, member: Member): boolean => member.cards.some((card) => card.numbers.some((each) => asked.numbers.includes(each)));

/** The member's unique member business identifier, made once for all time. */
function memberIdentifier(member: Member, _payer: PayerState): Json {
  const own = asArray(at(member.patient, 'identifier')).find((each) =>
    asArray(at(each, 'type', 'coding')).some((coding) => at(coding, 'code') === 'UMB'),
  );
  const first = asArray(at(member.patient, 'identifier'))[0];
  const { system, value } = asObject(own ?? first);
  return {
    type: { coding: [{ system: umb, code: 'UMB' }] },
    ...(system === undefined ? {} : { system }),
    ...(value === undefined ? { value: member.id } : { value }),
  };
}

export interface MatchWish {
  readonly onlyCertain: boolean;
  readonly count: number;
}
export interface Found extends Graded {
  readonly member: Member;
}

/** Only-certain drops doubt, and certainty about two people is doubt. */
function selectMatches(found: readonly Found[], { onlyCertain, count }: MatchWish): readonly Found[] {
  const certain = found.filter((each) => each.grade === 'certain');
  if (onlyCertain) return certain.length === 1 ? certain.slice(0, count) : [];
  return found.slice(0, count);
}

/** What this payer insists on when it tells members apart. */
export const matchRules = {
  problemWithMemberQuestion: problemWith,
  isLocalBeneficiary: isLocal,
  honoursConsent,
  /** Several members fit: the question is refused. */
  refusesSeveral: (): boolean => true,
  /** Could this be the member? Wider than `isMember`, so that a relative on the same card makes the question ambiguous. */
  mayBeMember: (asked: Person, card: Card, member: Member): boolean => isAlike(asked, member.person) && sameCard(card, member),
  isMember: (asked: Person, card: Card, member: Member): boolean => isSamePerson(asked, member.person) && sameCard(card, member),
  memberIdentifier,
  /** Beside the identifier, the id of the Patient: from HRex 1.1 on. */
  tellsMemberId: (): boolean => true,
  memberReference: (member: Member, _data: Dataset): string => `Patient/${member.id}`,
  /** What staff read when nobody fits: never who almost fits. */
  wordsForNobody: (_data: Dataset): string =>
    'No member fits the data. Check the name, the birth date and the member number on the card, then send the request again.',
  malformed: (_payer: PayerState): Pick<Trouble, 'status' | 'code'> => ({ status: 400, code: 'structure' }),
  /** This payer matches while the provider waits. */
  matchesLater: (_payer: PayerState, _asked: string): boolean => false,
  /** Matching is for those who show a token. */
  matchesWithoutToken: (): boolean => false,
  /** Failed tries for one person and client per minute before the payer slows them down. */
  triesAllowed: (): number => 5,
  gradeCandidate: (asked: Person, candidate: Person): Graded => gradeOf(asked, candidate),
  orderMatches: (found: readonly Found[]): readonly Found[] => [...found].sort((a, b) => b.score - a.score),
  selectMatches,
  /** Too little to tell one person from another: neither an identifier, nor a name with a birth date, an address or a contact. */
  needsMore: ({ identifiers, names, birthDate, addresses, contacts }: Person): boolean =>
    identifiers.length === 0 && (names.length === 0 || (birthDate === '' && addresses.length === 0 && contacts.length === 0)),
  /** Profiles of the input that are accepted: all of them, asserted or not. */
  refusesProfile: (_patient: Json): boolean => false,
};

type Rules = typeof matchRules;
const fullName = (data: Dataset, id: string): string => {
  const name = at(data.resources.get(`Patient/${id}`), 'name', 0);
  return `${asString(at(name, 'given', 0))} ${asString(at(name, 'family'))}`;
};
const bornLike = (asked: Person, member: Member): Person => ({ ...asked, birthDate: member.person.birthDate });
const sameFamily = (asked: Person, other: Person): boolean =>
  asked.names.some((a) => other.names.some((b) => a.family !== '' && a.family === b.family));

/** The consent as it would be with another part; without one there is none. */
const withPart = (consent: Json | undefined, part: string, value: Json): Json | undefined =>
  consent === undefined ? undefined : { ...asObject(consent), [part]: value };

export const matchBehaviours = {
  'matches-on-family-name-only': {
    mayBeMember: (asked, _card, member) => sameFamily(asked, member.person),
    isMember: (asked, _card, member) => sameFamily(asked, member.person),
    gradeCandidate: (asked, candidate) => (sameFamily(asked, candidate) ? { grade: 'certain', score: 1 } : { grade: 'certainly-not', score: 0 }),
    refusesSeveral: () => false,
  },
  'matches-without-looking-at-the-birth-date': {
    gradeCandidate: (asked, candidate) => gradeOf({ ...asked, birthDate: candidate.birthDate }, candidate),
    mayBeMember: (asked, card, member) => isAlike(bornLike(asked, member), member.person) && sameCard(card, member),
    isMember: (asked, card, member) => isSamePerson(bornLike(asked, member), member.person) && sameCard(card, member),
  },
  'takes-the-first-of-several': { refusesSeveral: () => false },
  'matches-whatever-the-consent': { honoursConsent: () => true },
  'takes-a-denial-for-a-consent': {
    honoursConsent: (question, setting) =>
      honoursConsent(
        { ...question, consent: withPart(question.consent, 'provision', { ...asObject(at(question.consent, 'provision')), type: 'permit' }) },
        setting,
      ),
  },
  'takes-consents-of-others': {
    honoursConsent: (question, setting) =>
      honoursConsent(
        { ...question, consent: withPart(question.consent, 'patient', { reference: `Patient/${asString(at(question.patient, 'id'))}` }) },
        setting,
      ),
  },
  'matches-without-coverage': {
    problemWithMemberQuestion: (question) => (question.coverage === undefined ? undefined : problemWith(question)),
    mayBeMember: (asked, card, member) => isAlike(asked, member.person) && (card.numbers.length === 0 || sameCard(card, member)),
    isMember: (asked, card, member) => isSamePerson(asked, member.person) && (card.numbers.length === 0 || sameCard(card, member)),
  },
  'matches-without-birth-date': {
    problemWithMemberQuestion: (question) => (at(question.patient, 'birthDate') === undefined ? undefined : problemWith(question)),
    mayBeMember: (asked, card, member) => isAlike(asked.birthDate === '' ? bornLike(asked, member) : asked, member.person) && sameCard(card, member),
    isMember: (asked, card, member) =>
      isSamePerson(asked.birthDate === '' ? bornLike(asked, member) : asked, member.person) && sameCard(card, member),
  },
  'ignores-the-beneficiary': { isLocalBeneficiary: () => true },
  'demands-coverage-to-link': {
    problemWithMemberQuestion: (question) =>
      problemWith(question) ??
      (question.linked === undefined && question.consent === undefined
        ? invalid('The parameter CoverageToLink is missing. Add it and send the request again.', 'Parameters.parameter')
        : undefined),
  },
  'answers-for-a-neighbour': {
    memberIdentifier: (_member, payer) =>
      memberIdentifier(membersOf(payer.data).find((each) => each.id === payer.data.roles.parent) as Member, payer),
    memberReference: (_member, data) => `Patient/${data.roles.parent}`,
  },
  'points-member-id-to-a-neighbour': { memberReference: (_member, data) => `Patient/${data.roles.parent}` },
  'renames-a-member-on-the-second-match': {
    memberIdentifier: (member, payer) => {
      const named = payer.memory('match.named', () => new Set<string>());
      const first = !named.has(member.id);
      named.add(member.id);
      const honest = asObject(memberIdentifier(member, payer));
      return first ? honest : { ...honest, value: `${asString(honest['value'])}-2` };
    },
  },
  'suggests-a-member-when-nobody-fits': {
    wordsForNobody: (data) =>
      `No member fits the data. Did you mean ${fullName(data, data.roles.notAttributed)}? Check the name and send the request again.`,
  },
  'tells-a-birth-date-when-nobody-fits': {
    wordsForNobody: (data) =>
      `No member fits the data. The one with this name was born on ${asString(at(data.resources.get(`Patient/${data.roles.known}`), 'birthDate'))}. Check it and send the request again.`,
  },
  'answers-malformed-json-in-turns': {
    malformed: (payer) => {
      const turns = payer.memory('match.turns', () => ({ taken: 0 }));
      return turns.taken++ % 2 === 0 ? { status: 400, code: 'structure' } : { status: 422, code: 'invalid' };
    },
  },
  'answers-later-the-second-time': {
    matchesLater: (payer, asked) => {
      const turns = payer.memory('match.later', () => new Map<string, number>());
      turns.set(asked, (turns.get(asked) ?? 0) + 1);
      return turns.get(asked) === 2;
    },
  },
  'matches-without-a-token': { matchesWithoutToken: () => true },
  'never-slows-down': { triesAllowed: () => Number.POSITIVE_INFINITY },
  'returns-doubtful-matches-as-certain': { selectMatches: (found, { count }) => found.slice(0, count) },
  'returns-more-matches-than-asked': { selectMatches: (found, { onlyCertain }) => selectMatches(found, { onlyCertain, count: found.length }) },
  'orders-matches-backwards': { orderMatches: (found) => [...found].sort((a, b) => a.score - b.score) },
  'matches-with-little': { needsMore: () => false },
  'accepts-weighted-profiles-only': {
    refusesProfile: (patient) => asArray(at(patient, 'meta', 'profile')).some((each) => (asString(each) ?? '').endsWith('/IDI-Patient')),
  },
  'ignores-the-digital-identifier': {
    gradeCandidate: (asked, candidate) =>
      gradeOf({ ...asked, identifiers: asked.identifiers.filter((each) => !each.system.endsWith('HL7PersonIdentifier')) }, candidate),
  },
} satisfies Record<string, Partial<Rules>>;
