import type { Json } from '../../src/core/model.ts';

/** What a national directory says about this payer and its neighbours. Plan-Net and NDH shapes at once, as large directories publish them. */

export type Listed = { readonly resourceType: 'Organization' | 'Endpoint'; readonly id: string } & { readonly [key: string]: Json };

const planNet = 'http://hl7.org/fhir/us/davinci-pdex-plan-net';
const ndh = 'http://hl7.org/fhir/us/ndh';
const updated = '2026-01-02T03:04:05Z';

/** The payer under test, as target files name it. */
export const payerId = 'sunrise-health-plan';
export const payerIdentifier = { system: 'urn:oid:2.16.840.1.113883.6.300', value: '95378' };

export const organization = (id: string, name: string, type: 'payer' | 'prvgrp', endpoints: readonly string[], identifier: Json): Listed => ({
  resourceType: 'Organization',
  id,
  meta: { lastUpdated: updated, profile: [`${planNet}/StructureDefinition/plannet-Organization`] },
  identifier: [identifier],
  active: true,
  type: [{ coding: [{ system: `${planNet}/CodeSystem/OrgTypeCS`, code: type }] }],
  name,
  telecom: [{ system: 'phone', value: '(860) 555-0148', use: 'work' }],
  address: [{ line: ['12 Constitution Plaza'], city: 'Hartford', state: 'CT', postalCode: '06103' }],
  ...(endpoints.length === 0 ? {} : { endpoint: endpoints.map((each) => ({ reference: `Endpoint/${each}` })) }),
});

const useCase = (code: string): readonly Json[] => [
  {
    url: `${planNet}/StructureDefinition/endpoint-usecase`,
    extension: [{ url: 'type', valueCodeableConcept: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] } }],
  },
  {
    url: `${ndh}/StructureDefinition/base-ext-endpoint-usecase`,
    extension: [{ url: 'endpointUsecasetype', valueCodeableConcept: { coding: [{ system: `${ndh}/CodeSystem/NdhFhirEndpointUseCaseCS`, code }] } }],
  },
];

interface Kind {
  readonly code: string;
  readonly system: string;
}
const rest: Kind = { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code: 'hl7-fhir-rest' };
const mail: Kind = { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code: 'direct-project' };

export const endpoint = (
  id: string,
  owner: string,
  name: string,
  address: string,
  code: string,
  kind = rest,
  more: readonly Json[] = [],
): Listed => ({
  resourceType: 'Endpoint',
  id,
  meta: { lastUpdated: updated, profile: [`${planNet}/StructureDefinition/plannet-Endpoint`, `${ndh}/StructureDefinition/ndh-Endpoint`] },
  extension: [...useCase(code), ...more],
  status: 'active',
  connectionType: { system: kind.system, code: kind.code },
  name,
  managingOrganization: { reference: `Organization/${owner}` },
  payloadType: [{ coding: [{ system: `${planNet}/CodeSystem/EndpointPayloadTypeCS`, code: 'NA' }] }],
  ...(kind === rest ? { payloadMimeType: ['application/fhir+json'] } : {}),
  address,
});

/** FHIR version, guide versions and trust framework, as NDH states them. */
const stated = (): readonly Json[] => [
  {
    url: `${ndh}/StructureDefinition/base-ext-endpoint-connection-type-version`,
    valueCodeableConcept: { coding: [{ system: 'http://hl7.org/fhir/FHIR-version', code: '4.0.1' }] },
  },
  {
    url: `${ndh}/StructureDefinition/base-ext-fhir-ig`,
    extension: [
      { url: 'ig-publication', valueUri: 'http://hl7.org/fhir/us/core' },
      { url: 'ig-name', valueString: 'US Core' },
      { url: 'ig-version', valueString: '6.1.0' },
    ],
  },
  {
    url: `${ndh}/StructureDefinition/base-ext-dynamicRegistration`,
    extension: [{ url: 'trustProfile', valueCodeableConcept: { coding: [{ system: `${ndh}/CodeSystem/NdhTrustProfileCS`, code: 'udap' }] } }],
  },
];

const npi = (value: string): Json => ({ system: 'http://hl7.org/fhir/sid/us-npi', value });

/** Everything listed; `origin` is where the payer under test lives. The neighbour of nearly the same name is out of order. */
export function listing(origin: string): readonly Listed[] {
  const clinics = Array.from({ length: 12 }, (_, index) => `clinic-${index + 1}`);
  return [
    organization(payerId, 'Sunrise Health Plan', 'payer', ['sunrise-provider-access', 'sunrise-crd'], payerIdentifier),
    organization('sunrise-valley-health-plan', 'Sunrise Health Plan of the Valley', 'payer', ['valley-fhir'], { ...payerIdentifier, value: '95379' }),
    ...clinics.map((id, index) => organization(id, `Clinic ${index + 1}`, 'prvgrp', [], npi(`12345678${String(10 + index)}`))),
    endpoint('sunrise-provider-access', payerId, 'Sunrise Provider Access API', `${origin}/fhir`, 'providerApi', rest, stated()),
    endpoint('sunrise-crd', payerId, 'Sunrise member data for CRD', `${origin}/fhir`, 'payerToPayer'),
    endpoint('sunrise-direct', payerId, 'Sunrise Direct address', 'mailto:records@direct.sunrise-plan.example.org', 'secureMessaging', mail),
    endpoint('valley-fhir', 'sunrise-valley-health-plan', 'Valley FHIR API', 'http://127.0.0.1:9/valley/fhir', 'providerApi'),
    ...clinics.map((id) => endpoint(`${id}-direct`, id, `${id} Direct address`, `mailto:${id}@direct.example.org`, 'secureMessaging', mail)),
  ];
}
