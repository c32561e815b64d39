import type { Dataset, Made } from '../../fixtures/dataset.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json, MemberRole, TargetMember } from '../../src/core/model.ts';

/** What a provider knows about a member: its own logical id, the demographics, and the card. */
function asProviderKnows(data: Dataset, id: string, local: string): TargetMember {
  const patient = data.resources.get(`Patient/${id}`);
  const coverage = data.byPatient.get('Coverage')?.get(id)?.[0];
  const number = asString(at(coverage, 'subscriberId')) ?? '';
  return {
    patient: {
      resourceType: 'Patient',
      id: local,
      identifier: asArray(at(patient, 'identifier')).slice(0, 1),
      ...pick(patient, ['name', 'telecom', 'gender', 'birthDate', 'address']),
    },
    coverage: card(local, number, number),
    patientId: id,
  };
}

const card = (local: string, number: string, subscriber: string): { readonly [key: string]: Json } => ({
  resourceType: 'Coverage',
  id: `card-${local}`,
  identifier: [
    {
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MB' }] },
      system: 'https://sunrise-plan.example.org/fhir/memberidentifier',
      value: number,
    },
  ],
  status: 'active',
  subscriberId: subscriber,
  beneficiary: { reference: `Patient/${local}` },
  relationship: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/subscriber-relationship', code: 'self' }] },
  payor: [{ display: 'Sunrise Health Plan' }],
});

const pick = (from: Made | undefined, names: readonly string[]): { readonly [key: string]: Json } =>
  Object.fromEntries(names.flatMap((name) => (from?.[name] === undefined ? [] : [[name, from[name]]])));

/** Nobody: no part of this person occurs in the data. */
const unknown: TargetMember = {
  patient: {
    resourceType: 'Patient',
    id: 'nobody-1',
    name: [{ family: 'Zwentibold', given: ['Quirin'] }],
    gender: 'male',
    birthDate: '1931-05-17',
    address: [{ use: 'home', line: ['9999 Nowhere Lane'], city: 'Noplace', state: 'AK', postalCode: '99999' }],
  },
  coverage: card('nobody-1', 'SHP000000000', 'SHP000000000'),
};

/** The card of one twin with the number of the other on it: two members fit. */
function ambiguous(data: Dataset): TargetMember {
  const twin = asProviderKnows(data, data.roles.multipleMatch, 'twin-1');
  const other = asString(at(data.byPatient.get('Coverage')?.get(data.roles.otherTwin)?.[0], 'subscriberId')) ?? '';
  return { ...twin, coverage: { ...twin.coverage, subscriberId: other } };
}

/** The people of the target file, by the part they play. */
export function targetMembers(data: Dataset): Readonly<Partial<Record<MemberRole, TargetMember>>> {
  const known = (role: 'known' | 'notAttributed' | 'optedOut' | 'noConsent' | 'largeRecord' | 'similar') =>
    asProviderKnows(data, data.roles[role], `${role.toLowerCase()}-1`);
  return {
    known: known('known'),
    unknown,
    multipleMatch: ambiguous(data),
    notAttributed: known('notAttributed'),
    optedOut: known('optedOut'),
    noConsent: known('noConsent'),
    largeRecord: known('largeRecord'),
    similar: known('similar'),
  };
}
