import { Stop } from '../../client/provider.ts';
import { read, search } from '../../client/requests/fhir.ts';
import { hasCard, idiMatch, idiPatient } from '../../client/requests/match.ts';
import { memberBundle, nobody, providerMemberMatch } from '../../client/requests/roster.ts';
import { entriesOf, isResource, parameterOf, type Resource } from '../../core/fhir.ts';
import { matchedGroupId } from '../../core/matched.ts';
import { exported } from './bulk.ts';
import type { Own } from './client.ts';
import { authenticate, discover, scopes } from './record.ts';

/** Who those are whom $IDI-match finds for the member. */
export async function candidates({ provider }: Own, base: string): Promise<readonly Resource[]> {
  const person = provider.target.members.known;
  if (person === undefined) throw new Stop('no member is known', 'target-file');
  const { json, status } = await provider.ask('idi-match', idiMatch(base, idiPatient(person.patient)));
  if (status !== 200) throw new Stop(`the member was not matched (${status})`, 'payer');
  const bundle = parameterOf(json, 'IDIMatchBundle')?.['resource'];
  return entriesOf(bundle).flatMap(({ resource }) => (isResource(resource, 'Patient') ? [resource] : []));
}

/** $IDI-match, and the coverage of whoever it finds; with several, somebody must decide. */
export async function idi(own: Own): Promise<void> {
  const { provider, decide } = own;
  const base = await discover(own);
  await authenticate(own, scopes);
  const people = await candidates(own, base);
  const chosen = decide.chooses(people, (line) => own.shown.push(line));
  if (chosen === undefined) throw new Stop(`${people.length} people fit; somebody must decide`, 'payer');
  await provider.ask('read', read(base, 'Patient', String(chosen['id'])));
  await provider.ask('search', search(base, 'Coverage', { patient: String(chosen['id']) }));
}

/** A match of the patients of the practice, the export of those matched, and both once more: the list of a match serves one export. */
export async function panel(own: Own): Promise<void> {
  const { provider, decide } = own;
  const { members, bulk } = provider.target;
  const base = await discover(own);
  await authenticate(own, 'system/*.rs');
  if (members.known === undefined || !hasCard(members.known)) throw new Stop('no member is known', 'target-file');
  let first: string | undefined;
  for (let turn = 0; turn < 2; turn++) {
    const bundles = [memberBundle(members.known, bulk?.npi), memberBundle(nobody, bulk?.npi)];
    const { body } = await provider.ask('group.operation', providerMemberMatch(base, bundles));
    const group = matchedGroupId(body);
    if (group === undefined) throw new Stop('the match names no list of members', 'payer');
    first ??= group;
    await exported(own, base, { group: decide.exportsGroup(group, first) });
  }
}
