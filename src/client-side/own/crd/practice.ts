import { type Ehr, startEhr } from '../../../client/crd/ehr.ts';
import { Stop } from '../../../client/provider.ts';
import type { Records } from '../../../client/requests/crd/records.ts';
import { holdings, type Scene, sceneFor } from '../../../client/requests/crd/scene.ts';
import { asObject, type JsonObject } from '../../../core/fhir.ts';
import type { Json } from '../../../core/model.ts';
import type { Own } from '../client.ts';

/** A payer of a member, as our EHR knows it. */
export interface Payer {
  readonly name: 'one' | 'two';
  /** CDS base. */
  readonly base: string;
  readonly organization: JsonObject;
  readonly coverage: JsonObject;
  services?: Json;
}

/** Who orders, and what that person may see. */
export interface User {
  readonly id: string;
  readonly limited: boolean;
}

/** Our own EHR around one member: records, orders, and what stands on its screen. */
export interface Practice {
  readonly own: Own;
  readonly ehr: Ehr;
  readonly scene: Scene;
  readonly payers: readonly Payer[];
  readonly orders: Map<string, JsonObject>;
  /** Cards by the place where they stand. */
  readonly cards: Map<string, readonly string[]>;
  /** Hook calls that were not waited for. */
  readonly late: Promise<unknown>[];
  /** The person does not wait for a payer that thinks long. */
  readonly slow: boolean;
  /** Seconds of the catalogue in ms. */
  ms(seconds: number): number;
  recordsFor(payer: Payer, user: User): { readonly scene: Scene; readonly records: Records };
}

const doctor: User = { id: 'ehr-practitioner', limited: false };
export const everyone = { doctor, assistant: { id: 'ehr-assistant', limited: true } } as const;
const npi = 'http://hl7.org/fhir/sid/us-npi';

/** The clinic, the room in it, and a result that not everybody may see. */
function surroundings({ decide }: Own, patient: string): readonly JsonObject[] {
  const address = decide.locationAddress({ line: ['1 Main Street'], city: 'Springfield', state: 'MA', postalCode: '01101' });
  return [
    { resourceType: 'Location', id: 'clinic', status: 'active', name: 'Clinic', address: { city: 'Springfield', state: 'MA' } },
    {
      resourceType: 'Location',
      id: 'room-4',
      status: 'active',
      name: 'Room 4',
      partOf: { reference: 'Location/clinic' },
      ...(address ? { address } : {}),
    },
    { resourceType: 'Observation', id: 'restricted-1', status: 'final', code: { text: 'Kept apart' }, subject: { reference: `Patient/${patient}` } },
    {
      ...{ resourceType: 'Immunization', id: 'shot-1', status: 'completed', vaccineCode: { text: 'Influenza' } },
      ...{ occurrenceDateTime: '2025-10-01', patient: { reference: `Patient/${patient}` } },
    },
  ];
}

/** `two`: CDS base of the second payer. */
export async function openPractice(
  own: Own,
  bases: { readonly one: string; readonly two: string },
  { share, slow, ended }: { readonly share: number; readonly slow: boolean; readonly ended: boolean },
): Promise<Practice> {
  const { target } = own.provider;
  const { decide } = own;
  const person = target.members.known;
  if (person === undefined) throw new Stop('no member is known', 'target-file');
  const drawn = sceneFor(target, person, {});
  const scene: Scene = {
    ...drawn,
    patient: { ...drawn.patient, identifier: [{ system: 'http://ehr.example.org/mrn', value: '00817342' }] },
    encounter: { ...drawn.encounter, location: [{ location: { reference: 'Location/room-4' } }] },
    orders: [
      { ...drawn.orders[0], ...decide.billing('70551') },
      {
        resourceType: 'DeviceRequest',
        id: 'order-device',
        status: 'draft',
        intent: 'order',
        subject: { reference: `Patient/${String(drawn.patient['id'])}` },
        authoredOn: drawn.day,
        requester: { reference: `Practitioner/${doctor.id}` },
        codeCodeableConcept: { coding: [{ system: 'https://bluebutton.cms.gov/resources/codesystem/hcpcs', code: 'E0601', display: 'CPAP device' }] },
      },
      ...drawn.orders.slice(1, 2),
    ],
  };
  const second: JsonObject = { ...scene.organization, id: 'ehr-payer-two', name: 'Second plan', identifier: [{ system: npi, value: '1999999984' }] };
  const payorIs = (organization: JsonObject): readonly JsonObject[] => [{ reference: decide.payorOf(`Organization/${String(organization['id'])}`) }];
  const held: JsonObject = { ...scene.coverage, ...(ended ? { period: { end: '2020-12-31' } } : {}) };
  const payers: readonly Payer[] = [
    { name: 'one', base: bases.one, organization: scene.organization, coverage: { ...held, order: 1, payor: payorIs(scene.organization) } },
    { name: 'two', base: bases.two, organization: second, coverage: { ...held, id: 'ehr-coverage-two', order: 2, payor: payorIs(second) } },
  ];
  const orders = new Map(scene.orders.map((each) => [`${String(each['resourceType'])}/${String(each['id'])}`, each]));
  const ehr = await startEhr({ declares: decide.declares });
  return {
    own,
    ehr,
    payers,
    orders,
    scene,
    cards: new Map(),
    late: [],
    slow,
    ms: (seconds) => seconds * 1000 * share,
    recordsFor(payer, user) {
      const [coverage = payer.coverage, ...more] = decide.showsCoverages(
        payer.coverage,
        payers.map((each) => each.coverage),
      );
      const around = surroundings(own, String(scene.patient['id']));
      const now: Scene = {
        ...scene,
        coverage,
        organization: payer.organization,
        practitioner: { ...scene.practitioner, id: user.id },
        orders: [...orders.values()],
        others: [...more, ...around.filter((each) => each['id'] !== 'restricted-1' || !decide.hidesFrom(user.limited))],
      };
      return { scene: now, records: holdings(now) };
    },
  };
}

/** Stores what the payer proposes for orders that are ours; nothing else is touched. */
export function keep({ own, orders }: Practice, proposed: JsonObject): void {
  const path = `${String(proposed['resourceType'])}/${String(proposed['id'])}`;
  const stored = orders.get(path);
  if (stored === undefined) return;
  const id = own.decide.signedId(String(stored['id']));
  orders.delete(path);
  orders.set(`${String(stored['resourceType'])}/${id}`, { ...asObject(own.decide.keeps(stored, proposed)), id });
}
