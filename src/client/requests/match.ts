import type { Json, RequestSpec, Target, TargetMember } from '../../core/model.ts';
import { memberMatch, operation } from './fhir.ts';

/** Questions about who a member is, as pure data. */

const role = (system: string, code: string) => ({ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] });
const policies = 'http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html';

export interface ConsentWish {
  /** YYYY-MM-DD. */
  readonly end?: string;
  readonly policy?: 'regular' | 'sensitive';
}

/**
 * The member's consent to share data with us.
 * Source: http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html
 */
export function consentOf(member: TargetMember, { end = '2099-12-31', policy = 'regular' }: ConsentWish = {}): Json {
  const self = { reference: `Patient/${String(member.patient['id'])}` };
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
      type: 'permit',
      period: { start: '2020-01-01', end },
      actor: [party('provenance-participant-type', 'performer', 'Payer'), party('v3-ParticipationType', 'IRCP', 'Provider')],
      action: [role('consentaction', 'disclose')],
    },
  };
}

/** The whole honest question: demographics, card and consent. */
export const askMemberMatch = (base: string, member: TargetMember, wish: ConsentWish = {}): RequestSpec =>
  memberMatch(base, { patient: member.patient, coverage: member.coverage, consent: consentOf(member, wish) });

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

/** The guide writes `$IDI-match` in prose and `idi-match` as the code; servers follow one or the other. */
export type IdiSpelling = '$idi-match' | '$IDI-match';

/** Identity Matching $idi-match. Source: http://hl7.org/fhir/us/identity-matching/OperationDefinition-idi-match.html */
export const idiMatch = (base: string, patient: Json, input: MatchInput = {}, spelling: IdiSpelling = '$idi-match'): RequestSpec =>
  operation(base, `Patient/${spelling}`, { resourceType: 'Parameters', parameter: [{ name: 'IDIPatient', resource: patient }, ...wishes(input)] });

/** The person with these profiles asserted; every identifier gets the type that the guide demands. */
export function idiPatient(patient: { readonly [key: string]: Json }, level: '' | '-L0' | '-L1' | '-L2' = '-L1'): { readonly [key: string]: Json } {
  const identifiers = Array.isArray(patient['identifier']) ? (patient['identifier'] as readonly Json[]) : [];
  return { ...patient, meta: { profile: [`${idiProfile}${level}`] }, ...(identifiers.length === 0 ? {} : { identifier: identifiers }) };
}

/** Whose card numbers may be guessed at: the known member would be locked out of everything that follows. */
export const guessedAt = (members: Target['members']): 'history' | 'nearMiss' | undefined =>
  members.history ? 'history' : members.nearMiss ? 'nearMiss' : undefined;
