import { createRequire } from 'node:module';
import { Client as Kit } from 'fhir-kit-client';
import type { Situation } from '../../../src/client-side/situation.ts';
import { tokenFor } from './session.ts';

/** Foreign clients of the registry, each doing one journey: a token, the patient, all pages of results. */
export type Foreign = (situation: Situation) => Promise<void>;

const query = (patient: string): Record<string, string> => ({ patient, category: 'laboratory', _count: '20' });

/** fhir-kit-client: plain FHIR over fetch. */
export const kit: Foreign = async (situation) => {
  const client = new Kit({ baseUrl: situation.fhirBase, bearerToken: await tokenFor(situation) });
  await client.read({ resourceType: 'Patient', id: situation.patientId });
  let bundle: unknown = await client.search({ resourceType: 'Observation', searchParams: query(situation.patientId) });
  for (let page = 0; page < 30 && bundle; page++) bundle = await client.nextPage({ bundle: bundle as never });
};

interface SmartClient {
  request(url: string, options?: { readonly pageLimit?: number; readonly flat?: boolean }): Promise<unknown>;
}
type Smart = (request: object, response: object, storage: object) => { client(state: object): SmartClient };

/** fhirclient: the SMART JavaScript client. */
export const smart: Foreign = async (situation) => {
  const entry = createRequire(import.meta.url)('fhirclient') as Smart;
  const incoming = { headers: { host: '127.0.0.1' }, url: '/', method: 'GET' };
  const storage = { get: async () => undefined, set: async () => undefined, unset: async () => true };
  const client = entry(incoming, {}, storage).client({
    serverUrl: situation.fhirBase,
    tokenResponse: { access_token: await tokenFor(situation), patient: situation.patientId },
  });
  await client.request(`Patient/${situation.patientId}`);
  await client.request(`Observation?${new URLSearchParams(query(situation.patientId))}`, { pageLimit: 30, flat: true });
};
