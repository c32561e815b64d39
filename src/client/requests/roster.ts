import type { Json, RequestSpec } from '../../core/model.ts';
import { operation } from './fhir.ts';

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

/** One person for Group/$provider-member-match, with the provider's attestation of a treatment relationship. */
export const memberBundle = (patient: Json, coverage: Json): Json => ({
  name: 'MemberBundle',
  part: [
    { name: 'MemberPatient', resource: patient },
    { name: 'CoverageToMatch', resource: coverage },
    {
      name: 'Consent',
      resource: {
        resourceType: 'Consent',
        status: 'active',
        scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'treatment' }] },
        category: [{ coding: [{ system: 'http://loinc.org', code: '64292-6' }] }],
        dateTime: '2026-01-05',
        policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
        provision: { type: 'permit' },
      },
    },
  ],
});

/** Asks for a list of people at once. `later`: as a job, if the payer will. Source: http://hl7.org/fhir/us/davinci-pdex/provider-access-api-v2.html */
export function providerMemberMatch(base: string, bundles: readonly Json[], later = false): RequestSpec {
  const plain = operation(base, 'Group/$provider-member-match', { resourceType: 'Parameters', parameter: bundles });
  return later ? { ...plain, headers: { ...plain.headers, prefer: 'respond-async' } } : plain;
}
