import { asArray, asObject, asString, at, type JsonObject } from '../../../core/fhir.ts';
import type { Json, Target, TargetMember, TargetOrder } from '../../../core/model.ts';
import type { Records } from './records.ts';

/**
 * The provider's own record around one order: what a hook's context and prefetch are cut from, and what our EHR server serves.
 * Ids are the provider's, not the payer's.
 */
export interface Scene {
  /** Day of the order, YYYY-MM-DD: what `today()` is. */
  readonly day: string;
  readonly patient: JsonObject;
  readonly coverage: JsonObject;
  readonly practitioner: JsonObject;
  readonly organization: JsonObject;
  readonly orders: readonly JsonObject[];
  readonly appointment: JsonObject;
  readonly encounter: JsonObject;
  /** Further coverages of the patient. */
  readonly others?: readonly JsonObject[];
}

export interface SceneOptions {
  /** Leave out optional elements: only what the profiles demand. */
  readonly minimal?: boolean;
  /** US Core release that meta.profile names. */
  readonly usCore?: '3.1.1' | '6.1.0' | '7.0.0';
  /** Codes to order instead of the target's. */
  readonly codes?: readonly TargetOrder[];
  /** Name this payer in Coverage.payor instead. */
  readonly payer?: { readonly system: string; readonly value: string; readonly name: string };
  /** Day of the order, YYYY-MM-DD. */
  readonly day?: string;
}

const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition/';
const cpt = 'http://www.ama-assn.org/go/cpt';
/** Ordinary imaging and physiotherapy: any payer has an opinion on both. */
const usual: readonly TargetOrder[] = [
  { system: cpt, code: '70551', display: 'MRI brain without contrast' },
  { system: cpt, code: '97110', display: 'Therapeutic exercises' },
];

/** Where each kind of order says what is ordered. */
const codeOf = { ServiceRequest: 'code', DeviceRequest: 'codeCodeableConcept', MedicationRequest: 'medicationCodeableConcept' } as const;

const ids = {
  patient: 'ehr-patient',
  coverage: 'ehr-coverage',
  practitioner: 'ehr-practitioner',
  organization: 'ehr-payer',
  appointment: 'ehr-appointment',
  encounter: 'ehr-encounter',
} as const;

type Payer = NonNullable<SceneOptions['payer']>;

/**
 * Who the payer is to the practice: as the target file says it (crd.payer), else as the member's card does, else as the directory lists it. Undefined where nobody
 * gives an identifier: a payer may refuse an order that names somebody else, and one that is made up would name somebody else.
 */
export function payerOf({ crd, directory, name, members }: Target, member: TargetMember | undefined = members.known): Payer | undefined {
  if (crd?.payer) return crd.payer;
  for (const each of [member, members.known]) {
    const payor = asArray(each?.coverage?.['payor'])[0];
    const [system, value] = [asString(at(payor, 'identifier', 'system')), asString(at(payor, 'identifier', 'value'))];
    if (system !== undefined && value !== undefined) return { system, value, name: asString(at(payor, 'display')) ?? name };
  }
  return directory?.identifier && { ...directory.identifier, name };
}

/** Builds the scene for one member of the target file. */
export function sceneFor(target: Target, member: TargetMember, options: SceneOptions = {}): Scene {
  const day = options.day ?? '2026-01-05';
  const payer = options.payer ?? payerOf(target, member);
  const identifier = payer && { system: payer.system, value: payer.value };
  const display = payer?.name ?? target.name;
  const profile = (name: string): Json => ({ profile: [`${usCore}${name}${options.usCore ? `|${options.usCore}` : ''}`] });
  const full = <T extends Json>(extra: { readonly [key: string]: T }): { readonly [key: string]: T } => (options.minimal ? {} : extra);
  const codes = options.codes ?? target.crd?.orders?.slice(0, 2) ?? usual;
  const { address, telecom, ...patientCore } = member.patient;
  return {
    day,
    patient: {
      // A practice knows its patients by a number of its own, and US Core demands one.
      ...(patientCore['identifier'] === undefined ? { identifier: [{ system: 'http://ehr.example.org/mrn', value: ids.patient }] } : {}),
      ...patientCore,
      ...full({ ...(address === undefined ? {} : { address }), ...(telecom === undefined ? {} : { telecom }) }),
      resourceType: 'Patient',
      id: ids.patient,
      meta: profile('us-core-patient'),
    },
    coverage: {
      // FHIR demands a status, and services ask for active ones; a card says it by being there.
      status: 'active',
      ...asObject(member.coverage),
      resourceType: 'Coverage',
      id: ids.coverage,
      beneficiary: { reference: `Patient/${ids.patient}` },
      payor: [{ reference: `Organization/${ids.organization}`, ...(identifier && { identifier }), display }],
    },
    practitioner: {
      resourceType: 'Practitioner',
      id: ids.practitioner,
      meta: profile('us-core-practitioner'),
      identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: '1234567893' }],
      name: [{ family: 'Careful', given: ['Casey'] }],
    },
    organization: {
      resourceType: 'Organization',
      id: ids.organization,
      meta: profile('us-core-organization'),
      active: true,
      name: display,
      ...(identifier && { identifier: [identifier] }),
    },
    orders: codes.map(({ system, code, display, type = 'ServiceRequest' }, index) => ({
      resourceType: type,
      id: `order-${index + 1}`,
      status: 'draft',
      intent: 'order',
      subject: { reference: `Patient/${ids.patient}` },
      authoredOn: day,
      requester: { reference: `Practitioner/${ids.practitioner}` },
      [codeOf[type]]: { coding: [{ system, code, ...full({ display }) }] },
      ...full({
        insurance: [{ reference: `Coverage/${ids.coverage}` }],
        ...(type === 'MedicationRequest' ? {} : { occurrenceDateTime: day }),
      } as { readonly [key: string]: Json }),
    })),
    appointment: {
      resourceType: 'Appointment',
      id: ids.appointment,
      status: 'proposed',
      basedOn: [{ reference: `${codes[0]?.type ?? 'ServiceRequest'}/order-1` }],
      start: `${day}T09:00:00Z`,
      end: `${day}T09:30:00Z`,
      participant: [
        { actor: { reference: `Patient/${ids.patient}` }, status: 'accepted' },
        { actor: { reference: `Practitioner/${ids.practitioner}` }, status: 'accepted' },
      ],
    },
    encounter: {
      resourceType: 'Encounter',
      id: ids.encounter,
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      type: [{ coding: [{ system: cpt, code: '99213', display: 'Office visit' }] }],
      subject: { reference: `Patient/${ids.patient}` },
      period: { start: `${day}T09:00:00Z` },
      participant: [{ individual: { reference: `Practitioner/${ids.practitioner}` } }],
    },
  };
}

/** Everything in the scene by `Type/id`: what our EHR server holds. */
export function holdings(scene: Scene): Records {
  const all = [
    scene.patient,
    scene.coverage,
    ...(scene.others ?? []),
    scene.practitioner,
    scene.organization,
    ...scene.orders,
    scene.appointment,
    scene.encounter,
  ];
  return new Map(all.map((each) => [`${each['resourceType']}/${each['id']}`, each]));
}
