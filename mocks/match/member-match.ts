import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Handler, MockReply, PayerState } from '../kernel/payer.ts';
import { fhir, outcome, type Trouble } from '../kernel/replies.ts';
import { countTry, type Member, membersOf, triesOf } from './directory.ts';
import { isReply, parametersOf, partOf } from './input.ts';
import { cardOf, type Person, personOf } from './person.ts';
import type { MemberQuestion } from './question.ts';

const nobody: Omit<Trouble, 'text'> = {
  status: 422,
  code: 'not-found',
  expression: 'Parameters.parameter',
};
const several: Trouble = {
  status: 422,
  code: 'multiple-matches',
  text: 'More than one member fits the data. Add the member number from the card and send the request again.',
  expression: 'Parameters.parameter[1].resource',
};
const noConsent: Trouble = {
  status: 422,
  code: 'suppressed',
  text: 'The consent does not allow this payer to share the member data. Ask the member for a consent that covers the request.',
  expression: 'Parameters.parameter',
};
const elsewhere: Trouble = {
  status: 422,
  code: 'invalid',
  text: 'CoverageToMatch.beneficiary must point to the MemberPatient of the same request. Correct the reference and send the request again.',
  expression: 'Parameters.parameter[1].resource.beneficiary',
};
const tooMany: Trouble = {
  status: 429,
  code: 'throttled',
  text: 'There were too many tries for this person. Wait 60 seconds before the next one.',
  headers: { 'retry-after': '60' },
};

/** Who is meant, whatever the card says: tries are counted by this. */
const keyOf = (clientId: string, { names, birthDate }: Person): string => `${clientId} ${names[0]?.family} ${names[0]?.given[0]} ${birthDate}`;

/**
 * HRex $member-match: exactly one member, or 422 with the reason.
 * Source: http://hl7.org/fhir/us/davinci-hrex/OperationDefinition-member-match.html
 */
const memberMatch: Handler = (request, payer) => {
  const input = parametersOf(request, payer);
  if (isReply(input)) return input;
  const question: MemberQuestion = {
    patient: partOf(input.parameters, 'MemberPatient'),
    coverage: partOf(input.parameters, 'CoverageToMatch'),
    consent: partOf(input.parameters, 'Consent'),
    linked: partOf(input.parameters, 'CoverageToLink'),
    names: asArray(input.parameters['parameter']).map((each) => String(at(each, 'name'))),
  };
  const { rules } = payer;
  const problem = rules.problemWithMemberQuestion(question);
  if (problem) return outcome(problem);
  if (!rules.isLocalBeneficiary(question)) return outcome(elsewhere);
  const asked = personOf(question.patient);
  const key = keyOf(input.clientId, asked);
  if (triesOf(payer, key) >= rules.triesAllowed()) return outcome(tooMany);
  const found = find(question, asked, payer);
  if (found.length === 0) {
    countTry(payer, key);
    return outcome({ ...nobody, text: rules.wordsForNobody(payer.data) });
  }
  return answer(found, question, npiOf(payer, input.clientId), payer);
};

/** Opted-out members are nobody to a provider: the answer must not tell that they exist. */
function find(question: MemberQuestion, asked: Person, payer: PayerState): readonly Member[] {
  const { rules, data } = payer;
  const card = cardOf(question.coverage);
  const alike = membersOf(data).filter((member) => !data.optedOut.has(member.id) && rules.mayBeMember(asked, card, member));
  const certain = alike.filter((member) => rules.isMember(asked, card, member));
  return alike.length > 1 ? [...certain, ...alike.filter((each) => !certain.includes(each))] : certain;
}

/** NPI of the organization behind a client, as far as the payer knows it. */
const npiOf = ({ clients, data }: PayerState, clientId: string): string | undefined => {
  const clinic = data.resources.get(`Organization/${clients.get(clientId)?.organization}`);
  return asString(at(clinic, 'identifier', 0, 'value'));
};

function answer(found: readonly Member[], question: MemberQuestion, askerNpi: string | undefined, payer: PayerState): MockReply {
  const { rules, data } = payer;
  const [member] = found;
  if (member === undefined) return outcome({ ...nobody, text: rules.wordsForNobody(payer.data) });
  if (found.length > 1 && rules.refusesSeveral()) return outcome(several);
  const today = new Date(payer.now() * 1000).toISOString().slice(0, 10);
  const setting = { today, memberRefused: data.noConsent.has(member.id), ...(askerNpi === undefined ? {} : { askerNpi }) };
  if (!rules.honoursConsent(question, setting)) return outcome(noConsent);
  if (rules.matchesLater(payer, JSON.stringify(question)))
    return { status: 202, headers: { 'content-location': `${payer.origin}/fhir/jobs/match` }, body: '' };
  return fhir({
    resourceType: 'Parameters',
    parameter: [
      { name: 'MemberIdentifier', valueIdentifier: rules.memberIdentifier(member, payer) },
      ...(rules.tellsMemberId() ? [{ name: 'MemberId', valueReference: { reference: rules.memberReference(member, data), type: 'Patient' } }] : []),
    ],
  });
}

/** $member-match changes state, so GET is not offered. */
const notByGet: Handler = () =>
  outcome({
    status: 405,
    code: 'not-supported',
    text: 'The operation $member-match cannot be called with GET. Send a POST with Parameters in the body.',
    expression: 'http.method',
    headers: { allow: 'POST' },
  });

export const memberMatchRoutes = [
  { step: 'member-match' as const, method: 'POST', path: '/fhir/Patient/$member-match', handle: memberMatch },
  { step: 'member-match' as const, method: 'GET', path: '/fhir/Patient/$member-match', handle: notByGet },
];
