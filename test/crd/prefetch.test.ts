import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HookCall, hookCall } from '../../src/client/requests/crd/hooks.ts';
import { sceneFor } from '../../src/client/requests/crd/scene.ts';
import type { JsonObject } from '../../src/core/fhir.ts';

const member = { patient: { resourceType: 'Patient', name: [{ family: 'A' }] }, coverage: { resourceType: 'Coverage' } };
const target = { name: 't', auth: { kind: 'none' }, members: {} } as const;
const scene = sceneFor(target, member, { day: '2026-03-31' });

/** The prefetch that goes out for these templates. */
function sent(templates: Record<string, string>, more: Partial<HookCall> = {}): JsonObject {
  const spec = hookCall('http://x', 's', { hook: 'order-sign', scene, instance: 'i', templates, ...more });
  return (JSON.parse(spec.body ?? '') as { prefetch?: JsonObject }).prefetch ?? {};
}

/** `Type/id` of what stands under a key, or null, or 'absent'. */
const under = (prefetch: JsonObject, key: string): unknown => {
  if (!(key in prefetch)) return 'absent';
  const value = prefetch[key] as JsonObject | null;
  if (value === null) return null;
  const entries = value['entry'] as { resource: JsonObject }[] | undefined;
  return (entries?.map((each) => each.resource) ?? [value]).map((each) => `${each['resourceType']}/${each['id']}`).join(' ');
};

/** Template, hook, and what must go out. */
const cases: readonly (readonly [string, HookCall['hook'], unknown])[] = [
  ['Patient/{{context.patientId}}', 'order-sign', 'Patient/ehr-patient'],
  ['Patient/{{ context.patientId }}', 'order-sign', 'Patient/ehr-patient'],
  ['Coverage?patient={{context.patientId}}&status=active', 'order-sign', 'Coverage/ehr-coverage'],
  ['Coverage?patient=Patient/{{context.patientId}}&_include=Coverage:payor', 'order-sign', 'Coverage/ehr-coverage Organization/ehr-payer'],
  ['Practitioner/{{userPractitionerId}}', 'order-sign', 'Practitioner/ehr-practitioner'],
  ['{{context.userId}}', 'order-sign', 'Practitioner/ehr-practitioner'],
  ['PractitionerRole?_id={{userPractitionerRoleId}}', 'order-sign', 'absent'],
  ['Patient/{{userPatientId}}', 'order-sign', 'absent'],
  ['Encounter/{{context.encounterId}}', 'order-sign', 'absent'],
  ['Encounter/{{context.encounterId}}', 'encounter-start', 'Encounter/ehr-encounter'],
  ['Practitioner?_id={{context.encounterId.resolve().participant.individual.resolve().id}}', 'encounter-start', 'Practitioner/ehr-practitioner'],
  ['Location?_id={{context.encounterId.resolve().location.location.id}}', 'encounter-start', 'absent'],
  ['Encounter?patient={{context.patientId}}&date=gt{{today() - 3 months}}', 'order-sign', 'Encounter/ehr-encounter'],
  ['Encounter?patient={{context.patientId}}&date=gt{{today()}}', 'order-sign', null],
  ['Observation?patient={{context.patientId}}', 'order-sign', null],
  ['ServiceRequest?_id={{context.draftOrders.ServiceRequest.id}}', 'order-sign', 'ServiceRequest/order-1 ServiceRequest/order-2'],
  [
    'ServiceRequest?_id={{context.draftOrders.entry.resource.ofType(ServiceRequest).id}}',
    'order-sign',
    'ServiceRequest/order-1 ServiceRequest/order-2',
  ],
  ['ServiceRequest?_id={{context.draftOrders.entry[1].resource.id}}', 'order-sign', 'ServiceRequest/order-2'],
  ['MedicationRequest?_id={{context.draftOrders.MedicationRequest.id}}', 'order-sign', 'absent'],
  ['ServiceRequest?_id={{context.dispatchedOrders.ServiceRequest.id}}', 'order-dispatch', 'ServiceRequest/order-1 ServiceRequest/order-2'],
  [
    'ServiceRequest?_id={{context.dispatchedOrders.ServiceRequest.id|context.draftOrders.ServiceRequest.id}}',
    'order-sign',
    'ServiceRequest/order-1 ServiceRequest/order-2',
  ],
  [
    'ServiceRequest?_id={{context.appointments.Appointment.basedOn.resolve().ofType(ServiceRequest).id}}',
    'appointment-book',
    'ServiceRequest/order-1',
  ],
  ["ServiceRequest?_id={{context.draftOrders.ServiceRequest.where(status='draft').id}}", 'order-sign', 'absent'],
  ['Patient/{{context.patientId', 'order-sign', 'absent'],
];

for (const [template, hook, expected] of cases)
  test(`${hook}: ${template} sends ${String(expected)}`, () => assert.equal(under(sent({ mine: template }, { hook }), 'mine'), expected));

test('keys are those of the service, in its order, and one template may speak of another', () => {
  const prefetch = sent({ payers: 'Organization?_id={{%cards.entry.resource.payor.resolve().id}}', cards: 'Coverage?patient={{context.patientId}}' });
  assert.deepEqual(Object.keys(prefetch), ['payers', 'cards']);
  assert.equal(under(prefetch, 'payers'), 'Organization/ehr-payer');
});

test('what is left out is left out by type, whatever its key; a service that asks for nothing gets nothing', () => {
  const templates = { thePatient: 'Patient/{{context.patientId}}', activeCoverage: 'Coverage?patient={{context.patientId}}' };
  assert.deepEqual(Object.keys(sent(templates, { without: ['Coverage'] })), ['thePatient']);
  const none = hookCall('http://x', 's', { hook: 'order-sign', scene, instance: 'i' });
  assert.ok(!('prefetch' in JSON.parse(none.body ?? '')));
});

test('a further coverage of the scene answers the template that selects coverages', () => {
  const second = { ...scene.coverage, id: 'second' };
  const both = sent({ cards: 'Coverage?patient={{context.patientId}}' }, { scene: { ...scene, others: [second] } });
  assert.equal(under(both, 'cards'), 'Coverage/ehr-coverage Coverage/second');
});

test('devices and medicines are ordered as such', () => {
  const codes = [
    { system: 's', code: 'K0001', display: 'Wheelchair', type: 'DeviceRequest' },
    { system: 's', code: '1', display: 'Medicine', type: 'MedicationRequest' },
  ] as const;
  const mixed = sceneFor(target, member, { codes, day: '2026-03-31' });
  const prefetch = sent(
    { d: 'DeviceRequest?_id={{context.draftOrders.DeviceRequest.id}}', s: 'ServiceRequest?_id={{context.draftOrders.ServiceRequest.id}}' },
    { scene: mixed },
  );
  assert.deepEqual([under(prefetch, 'd'), under(prefetch, 's')], ['DeviceRequest/order-1', 'absent']);
  assert.ok(mixed.orders.every((order) => 'codeCodeableConcept' in order || 'medicationCodeableConcept' in order));
});
