import { Stop } from '../../client/provider.ts';
import { read } from '../../client/requests/fhir.ts';
import { asString, at, entriesOf } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import { withQuery } from '../../core/url.ts';
import type { Own } from './client.ts';
import { authenticate, discover } from './record.ts';

const resources = (json: Json | undefined): readonly Json[] => entriesOf(json).flatMap(({ resource }) => resource ?? []);

/** Looks the plan up, and reads the member there; twice where it is asked to. `at` gives a client for another base. */
export async function lookedUp(own: Own, root: string, times: number, clientAt: (base: string) => Own): Promise<void> {
  const { provider, decide } = own;
  let base: string | undefined;
  for (let turn = 0; turn < times; turn++) {
    base = decide.goesTo(await addressOf(own, root), base);
    const there = clientAt(base);
    try {
      await discover(there);
      await authenticate(there, 'system/Patient.rs');
      const id = provider.target.members.known?.patientId;
      if (id !== undefined) await there.provider.ask('read', read(base, 'Patient', id));
    } finally {
      there.close();
    }
  }
}

async function addressOf({ provider, decide }: Own, root: string): Promise<string> {
  const headers = { accept: 'application/fhir+json' };
  const number = asString(at(provider.target.members.known?.coverage ?? null, 'subscriberId')) ?? '';
  const byName = withQuery(`${root}/directory/Organization`, { name: 'Scripted plan', ...decide.alsoAsks(number) });
  const plan = decide.isPlan(resources((await provider.ask('directory.organization', { method: 'GET', url: byName, headers })).json));
  if (plan === undefined) {
    if (decide.asksAll()) return `${root}/fhir`;
    throw new Stop('The plan is not in the directory, or more than once. Somebody must choose.', 'payer');
  }
  const url = withQuery(`${root}/directory/Endpoint`, { organization: String(at(plan, 'id')) });
  const found = resources((await provider.ask('directory.endpoint', { method: 'GET', url, headers })).json);
  const address = asString(at(found.find((each) => decide.inUse(each) && decide.speaksFhir(each)) ?? null, 'address'));
  if (address === undefined) throw new Stop('The directory gives no address of this plan that is in use.', 'payer');
  return address;
}
