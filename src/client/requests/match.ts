import { asArray, asObject, asString, at } from '../../core/fhir.ts';
import type { Json, MemberRole, RequestSpec, Target, TargetMember } from '../../core/model.ts';
import { memberMatch, operation } from './fhir.ts';

/** Questions about who a member is, as pure data. */

const role = (system: string, code: string) => ({ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] });
const policies = 'http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html';

/** Our own id of a member whom the target file gives none. */
const ownId = 'member-1';

const idOf = ({ patient }: Pick<TargetMember, 'patient'>): string => asString(patient['id']) ?? ownId;

/** A member whose card the target file gives. */
export type CardHolder = TargetMember & Required<Pick<TargetMember, 'coverage'>>;
export const hasCard = (member: TargetMember): member is CardHolder => member.coverage !== undefined;
/** Why nothing that needs a card is asked about this member. */
export const noCard = (role: MemberRole): string =>
  `members.${role} of the target file has no coverage, and without a card there is no such question; add the FHIR Coverage`;

/**
 * One person in all three places: the Patient has an id, and Coverage and Consent refer to it. HRex: references to the member "SHALL be resolved to the
 * parameter with the name MemberPatient, and SHALL refer to the same id".
 * Source: http://hl7.org/fhir/us/davinci-hrex/OperationDefinition-member-match.html
 */
export function asOne<M extends CardHolder>(member: M): M {
  const id = idOf(member);
  const self = { reference: `Patient/${id}` };
  const before = asString(at(member.coverage, 'beneficiary', 'reference'));
  const subscriber = asString(at(member.coverage, 'subscriber', 'reference'));
  return {
    ...member,
    patient: { ...member.patient, resourceType: 'Patient', id },
    coverage: {
      ...member.coverage,
      resourceType: 'Coverage',
      beneficiary: self,
      ...(subscriber !== undefined && subscriber === before ? { subscriber: self } : {}),
    },
  };
}

/** In which of its legal forms a payer takes the question; by default `regular` and without CoverageToLink. */
export interface MatchForm {
  readonly policy?: 'regular' | 'sensitive';
  readonly coverageToLink?: boolean;
}

/** Every legal form, the wanted one first: "Systems are not required to support both types of consent", and PDex servers may insist on CoverageToLink. */
export function matchForms(wanted: MatchForm = {}): readonly MatchForm[] {
  const policies = wanted.policy === 'sensitive' ? (['sensitive', 'regular'] as const) : (['regular', 'sensitive'] as const);
  const links = wanted.coverageToLink === true ? [true, false] : [false, true];
  return links.flatMap((coverageToLink) => policies.map((policy) => ({ policy, coverageToLink })));
}

/** The same question in another form. What is no $member-match stays as it is. */
export function inForm(spec: RequestSpec, { policy = 'regular', coverageToLink = false }: MatchForm): RequestSpec {
  const body = readJson(spec.body);
  const given = asArray(at(body, 'parameter'));
  if (given.length === 0 || (policy === 'regular' && !coverageToLink)) return spec;
  const card = at(
    given.find((each) => at(each, 'name') === 'CoverageToMatch'),
    'resource',
  );
  const link = coverageToLink && card !== undefined && !given.some((each) => at(each, 'name') === 'CoverageToLink');
  const parameter = [
    ...given.map((each) => (at(each, 'name') === 'Consent' ? { name: 'Consent', resource: withPolicy(at(each, 'resource') ?? null, policy) } : each)),
    ...(link ? [{ name: 'CoverageToLink', resource: { ...asObject(card), id: 'coverage-to-link' } }] : []),
  ];
  return { ...spec, body: JSON.stringify({ ...asObject(body), parameter }) };
}

const withPolicy = (consent: Json, policy: string): Json => ({ ...asObject(consent), policy: [{ uri: `${policies}#${policy}` }] });

function readJson(text: string | undefined): Json | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}

export interface ConsentWish {
  /** YYYY-MM-DD. */
  readonly end?: string;
  readonly policy?: 'regular' | 'sensitive';
  /** A consent may forbid, too. */
  readonly type?: 'permit' | 'deny';
  /** Logical id of the one who consents; absent: the member. */
  readonly of?: string;
}

/**
 * The member's consent to share data with us.
 * Source: http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html
 */
export function consentOf(
  member: Pick<TargetMember, 'patient'>,
  { end = '2099-12-31', policy = 'regular', type = 'permit', of = idOf(member) }: ConsentWish = {},
): Json {
  const self = { reference: `Patient/${of}` };
  const party = (system: string, code: string, display: string) => ({
    role: role(system, code),
    reference: { display },
  });
  return {
    resourceType: 'Consent',
    id: 'consent-1',
    status: 'active',
    scope: role('consentscope', 'patient-privacy'),
    category: [role('v3-ActCode', 'IDSCL')],
    patient: self,
    performer: [self],
    sourceReference: { display: 'Signed on paper at the practice' },
    policy: [{ uri: `${policies}#${policy}` }],
    provision: {
      type,
      period: { start: '2020-01-01', end },
      actor: [party('provenance-participant-type', 'performer', 'Payer'), party('v3-ParticipationType', 'IRCP', 'Provider')],
      action: [role('consentaction', 'disclose')],
    },
  };
}

/** The whole honest question: demographics, card and consent. */
export function askMemberMatch(base: string, member: CardHolder, wish: ConsentWish = {}): RequestSpec {
  const { patient, coverage } = asOne(member);
  return memberMatch(base, { patient, coverage, consent: consentOf(member, wish) });
}

/** The same without a consent. */
export const memberMatchOf = (base: string, member: CardHolder): RequestSpec => {
  const { patient, coverage } = asOne(member);
  return memberMatch(base, { patient, coverage });
};

export interface MatchInput {
  readonly onlyCertainMatches?: boolean;
  readonly count?: number;
}

const wishes = ({ onlyCertainMatches, count }: MatchInput): readonly Json[] => [
  ...(onlyCertainMatches === undefined ? [] : [{ name: 'onlyCertainMatches', valueBoolean: onlyCertainMatches }]),
  ...(count === undefined ? [] : [{ name: 'count', valueInteger: count }]),
];

/** FHIR R4 Patient/$match. Source: http://hl7.org/fhir/R4/operation-patient-match.html */
export const patientMatch = (base: string, patient: Json, input: MatchInput = {}): RequestSpec =>
  operation(base, 'Patient/$match', { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: patient }, ...wishes(input)] });

export const idiProfile = 'http://hl7.org/fhir/us/identity-matching/StructureDefinition/IDI-Patient';

/**
 * How a server spells the operation and its parameter: the guide writes `$IDI-match` in prose and `idi-match` as the code, and its drafts and releases name
 * the person in several ways.
 */
export interface IdiSpelling {
  readonly operation: '$idi-match' | '$IDI-match';
  readonly parameter: (typeof idiParameters)[number];
}
export const idiParameters = ['IDIPatient', 'patient', 'resource'] as const;
export const usualIdi: IdiSpelling = { operation: '$idi-match', parameter: 'IDIPatient' };

/** Identity Matching $idi-match. Source: http://hl7.org/fhir/us/identity-matching/OperationDefinition-idi-match.html */
export const idiMatch = (base: string, patient: Json, input: MatchInput = {}, spelling: IdiSpelling = usualIdi): RequestSpec =>
  operation(base, `Patient/${spelling.operation}`, {
    resourceType: 'Parameters',
    parameter: [{ name: spelling.parameter, resource: patient }, ...wishes(input)],
  });

/** The person with these profiles asserted; every identifier gets the type that the guide demands. */
export function idiPatient(patient: { readonly [key: string]: Json }, level: '' | '-L0' | '-L1' | '-L2' = '-L1'): { readonly [key: string]: Json } {
  const identifiers = Array.isArray(patient['identifier']) ? (patient['identifier'] as readonly Json[]) : [];
  return { ...patient, meta: { profile: [`${idiProfile}${level}`] }, ...(identifiers.length === 0 ? {} : { identifier: identifiers }) };
}

/** Whose card numbers may be guessed at: the known member would be locked out of everything that follows. */
export const guessedAt = (members: Target['members']): 'largeRecord' | 'similar' | undefined =>
  members.largeRecord ? 'largeRecord' : members.similar ? 'similar' : undefined;
