import type { Json, RequestSpec } from '../../core/model.ts';
import { operation } from './fhir.ts';
import { asOne, type CardHolder } from './match.ts';

/** Operations on attribution lists as pure data. Source: http://hl7.org/fhir/us/davinci-atr/artifacts.html */

export interface MemberParameters {
  readonly memberId?: string;
  readonly providerNpi?: string;
  readonly patient?: string;
  readonly provider?: string;
  readonly coverage?: string;
  /** YYYY-MM-DD. */
  readonly from?: string;
}

const identifier = (name: string, value: string | undefined, system?: string): Json[] =>
  value === undefined ? [] : [{ name, valueIdentifier: { ...(system === undefined ? {} : { system }), value } }];
const reference = (name: string, value: string | undefined): Json[] => (value === undefined ? [] : [{ name, valueReference: { reference: value } }]);

export type ListOperation = '$member-add' | '$member-remove' | '$attribution-status' | '$confirm-attribution-list';

/** `group` is a logical id. */
export const listOperation = (base: string, group: string, name: ListOperation, about: MemberParameters = {}): RequestSpec => {
  const parameter = [
    ...identifier('memberId', about.memberId),
    ...identifier('providerNpi', about.providerNpi, 'http://hl7.org/fhir/sid/us-npi'),
    ...reference('patientReference', about.patient),
    ...reference('providerReference', about.provider),
    ...reference('coverageReference', about.coverage),
    ...(about.from === undefined ? [] : [{ name: 'attributionPeriod', valuePeriod: { start: about.from } }]),
  ];
  // FHIR has no empty arrays.
  return operation(base, `Group/${encodeURIComponent(group)}/${name}`, {
    resourceType: 'Parameters',
    ...(parameter.length === 0 ? {} : { parameter }),
  });
};

/** Who asks: the provider's organization, by its NPI where the target file names it. */
const us = (npi: string | undefined): Json => ({
  ...(npi === undefined ? {} : { type: 'Organization', identifier: { system: 'http://hl7.org/fhir/sid/us-npi', value: npi } }),
  display: 'The provider that asks',
});

const coded = (system: string, code: string): Json => ({ coding: [{ system, code }] });

/**
 * The provider's word that it treats this patient.
 * Source: http://hl7.org/fhir/us/davinci-pdex/StructureDefinition-provider-treatment-relationship-consent.html
 */
const attestation = (patient: string, npi: string | undefined): Json => ({
  resourceType: 'Consent',
  id: 'attestation-1',
  meta: { profile: ['http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/provider-treatment-relationship-consent'] },
  status: 'active',
  scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
  category: [coded('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'IDSCL'), coded('http://loinc.org', '64292-6')],
  patient: { reference: patient },
  dateTime: '2026-01-05',
  performer: [us(npi)],
  sourceReference: { display: 'The record of the practice' },
  policyRule: coded('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'OPTIN'),
  provision: {
    type: 'permit',
    period: { start: '2026-01-05' },
    actor: [{ role: coded('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP'), reference: us(npi) }],
    purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
  },
});

/** One person for Group/$provider-member-match. `attested`: with the provider's word that it treats this person, which every request must hold. */
export function memberBundle(member: CardHolder, npi?: string, attested = true): Json {
  const { patient, coverage } = asOne(member);
  return {
    name: 'MemberBundle',
    part: [
      { name: 'MemberPatient', resource: patient },
      { name: 'CoverageToMatch', resource: coverage },
      ...(attested ? [{ name: 'Consent', resource: attestation(`Patient/${String(patient['id'])}`, npi) }] : []),
    ],
  };
}

/** Somebody whom no payer knows. */
export const nobody: CardHolder = {
  patient: {
    resourceType: 'Patient',
    id: 'member-2',
    name: [{ family: 'NoSuchFamily', given: ['NoSuchPerson'] }],
    gender: 'other',
    birthDate: '1901-02-03',
    address: [{ line: ['1 no-such-street'], city: 'Nowhere', state: 'VT', postalCode: '05000' }],
  },
  coverage: {
    resourceType: 'Coverage',
    id: 'coverage-2',
    status: 'active',
    subscriberId: 'no-such-member',
    beneficiary: { reference: 'Patient/member-2' },
    relationship: coded('http://terminology.hl7.org/CodeSystem/subscriber-relationship', 'self'),
    payor: [{ display: 'no-such-plan' }],
  },
};

/** Asks for a list of people at once. `later`: as a job, if the payer will. Source: http://hl7.org/fhir/us/davinci-pdex/provider-access-api-v2.html */
export function providerMemberMatch(base: string, bundles: readonly Json[], later = false): RequestSpec {
  const plain = operation(base, 'Group/$provider-member-match', { resourceType: 'Parameters', parameter: bundles });
  return later ? { ...plain, headers: { ...plain.headers, prefer: 'respond-async' } } : plain;
}
