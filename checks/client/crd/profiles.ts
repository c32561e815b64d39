import type { ClientRow } from '../../../src/core/client-row.ts';
import { asString, at, type JsonObject } from '../../../src/core/fhir.ts';
import { check, worstOfAll } from '../../../src/core/findings.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { crd } from '../../sources.ts';
import { onEvery } from '../marks.ts';
import { carried, hook, member, shared } from './lib.ts';

/**
 * Elements that the CRD profiles (2.0.1 to 2.2.1) and the US Core profiles behind them demand, by type; `a|b` is a choice. Only what is mandatory in all of
 * these versions; that a resource is valid FHIR R4 is established beside it (src/client-side/resources.ts). Must-support is not judged here. Where data are missing, the reason may be in place of them (`_gender`).
 */
const mandatory: Readonly<Record<string, readonly string[]>> = {
  ServiceRequest: ['status', 'intent', 'code', 'subject', 'authoredOn', 'requester'],
  DeviceRequest: ['status', 'intent', 'codeCodeableConcept|codeReference', 'subject', 'authoredOn', 'requester'],
  MedicationRequest: ['status', 'intent', 'medicationCodeableConcept|medicationReference', 'subject', 'authoredOn', 'requester'],
  CommunicationRequest: ['status', 'subject'],
  NutritionOrder: ['status', 'intent', 'patient', 'dateTime', 'orderer'],
  VisionPrescription: ['status', 'created', 'patient', 'dateWritten', 'prescriber', 'lensSpecification'],
  Coverage: ['status', 'beneficiary', 'relationship', 'payor'],
  Patient: ['identifier', 'name', 'gender'],
  Encounter: ['status', 'class', 'type', 'subject'],
  Appointment: ['status', 'participant'],
  Organization: ['name'],
  Practitioner: ['name'],
  Location: ['name'],
};

const lacking = (resource: JsonObject): readonly string[] =>
  (mandatory[String(resource['resourceType'])] ?? []).filter(
    (names) => !names.split('|').some((name) => resource[name] !== undefined || resource[`_${name}`] !== undefined),
  );

function whole(call: Exchange): Finding {
  const [first, ...others] = call.facts?.['heard.invalid'] ?? [];
  return worstOfAll([
    check(first === undefined, call, 'resources that are valid FHIR R4', `${first ?? ''}${others.length === 0 ? '' : `, and ${others.length} more`}`),
    ...carried(call).map((resource) => {
      const missing = lacking(resource);
      return check(
        missing.length === 0,
        call,
        `the mandatory elements of the profile for ${String(resource['resourceType'])}`,
        `${String(resource['resourceType'])}/${asString(at(resource, 'id')) ?? '?'} without ${missing.join(', ')}`,
      );
    }),
  ]);
}

export const profileRows: readonly ClientRow[] = [
  {
    id: 'client.crd.profiles',
    text: 'Resources in context and prefetch fit the profiles of CRD.',
    source: crd('hooks.html', 'hook-21'),
    ...shared,
    cases: ['C1'],
    anywhere: true,
    judge: onEvery('hook call with resources', (each) => hook(each) && carried(each).length > 0, whole),
    faults: [
      {
        name: 'sends an order without its code',
        sends: member(
          'context',
          (context) =>
            JSON.parse(JSON.stringify(context).replace(/"code":\{"coding":\[\{"system":"[^"]*","code":"[^"]*"(,"display":"[^"]*")?\}\]\},?/, '')),
          ['order-sign'],
        ),
      },
      {
        name: 'sends an order in a status that FHIR does not know',
        sends: member('context', (context) => JSON.parse(JSON.stringify(context).replace('"status":"draft"', '"status":"ordered"')), ['order-sign']),
      },
    ],
  },
];
