import { probesOf } from '../../checks/index.ts';
import { baseOf, groupOf, narrowToken, sendProbes } from '../../src/client/bulk/asking.ts';
import { askPatiently } from '../../src/client/bulk/patience.ts';
import { cleanUp } from '../../src/client/clean-up.ts';
import { read, search } from '../../src/client/requests/fhir.ts';
import { asArray, asString, at, entriesOf, literalReference, publishedCoding } from '../../src/core/fhir.ts';
import type { Json, Variant } from '../../src/core/model.ts';
import { fhirApi, panel } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { declaresInteraction, hasGroup, when } from '../forecast.ts';
import { theGroup } from '../lessons.ts';

const systems = { npi: 'http://hl7.org/fhir/sid/us-npi', tin: 'urn:oid:2.16.840.1.113883.4.4' } as const;

/** References of one member entry, as ATR carries them. */
const refsOf = (entry: Json): readonly string[] =>
  [at(entry, 'entity', 'reference'), ...asArray(at(entry, 'extension')).map((each) => at(each, 'valueReference', 'reference'))].flatMap(
    (each) => literalReference(each) ?? [],
  );

/** What a run that was killed left behind at this payer is taken back before anything new is started. Costs nothing when nothing was left. */
export const leftovers: Suite = {
  id: 'leftovers',
  title: 'Cancel jobs and undo changes that an earlier run left behind',
  scenarios: panel,
  needs: ['token'],
  asks: (['register', 'bulk.delete', 'operation', 'group.operation'] as const).map((step) => asked(step, 'leftover')),
  requests: 0,
  drive: async (provider) => void (await cleanUp(provider, 'leftover')),
};

/** S5: find the attribution list, read it, and read whom and what it names. */
export const groups: Suite = {
  id: 'roster.groups',
  title: 'Find the attribution list by NPI and TIN, read it and a few of its members',
  scenarios: fhirApi,
  needs: ['token'],
  asks: [
    asked('group.search', 'npi', 'tin', 'all', 'characteristic', 'characteristic-bare', 'identifier-bare', 'foreign-npi', 'code', 'value-reference'),
    asked('group.read', 'own', 'listed'),
    asked('read', 'roster'),
  ],
  requests: when(hasGroup, when(declaresInteraction('Group', 'search-type'), 19, 4), 2),
  async drive(provider) {
    const base = baseOf(provider);
    const { bulk = {} } = provider.target;
    const find = (variant: Variant<'group.search'>, parameters: Readonly<Record<string, string>>) =>
      askPatiently(provider, 'group.search', search(base, 'Group', parameters), { variant });
    const firstOf = (bundle: Json | undefined): string | undefined =>
      asString(entriesOf(bundle).find(({ resource }) => resource?.resourceType === 'Group')?.resource?.['id']);
    let found: string | undefined;
    for (const name of ['npi', 'tin'] as const) {
      const value = bulk[name];
      if (value !== undefined) found ??= firstOf((await find(name, { identifier: `${systems[name]}|${value}`, _summary: 'true' })).json);
    }
    const all = await find('all', {});
    found ??= firstOf(all.json);
    if (found !== undefined) provider.known.notes['bulk.group'] = found;
    const id = groupOf(provider);
    const own = await askPatiently(provider, 'group.read', read(base, 'Group', id), { variant: 'own' });
    for (const { resource } of entriesOf(all.json).slice(0, 4)) {
      const other = asString(resource?.['id']);
      if (other !== undefined && other !== id) await askPatiently(provider, 'group.read', read(base, 'Group', other), { variant: 'listed' });
    }
    const coding = publishedCoding(at(own.json, 'characteristic', 0, 'code'));
    const code = asString(at(coding, 'code')) ?? 'pdexprovidergroup';
    await find('characteristic', { characteristic: `${asString(at(coding, 'system')) ?? ''}|${code}` });
    await find('characteristic-bare', { characteristic: code });
    const kind = publishedCoding(at(own.json, 'code'));
    if (kind !== undefined) await find('code', { code: `${asString(at(kind, 'system')) ?? ''}|${asString(at(kind, 'code')) ?? ''}` });
    const whose = literalReference(at(own.json, 'characteristic', 0, 'valueReference', 'reference'));
    if (whose !== undefined) await find('value-reference', { 'characteristic-value-reference': whose });
    const [identifier] = asArray(at(own.json, 'identifier'));
    const value = asString(at(identifier, 'value'));
    if (value !== undefined) await find('identifier-bare', { identifier: value });
    if (bulk.foreignNpi !== undefined) await find('foreign-npi', { identifier: `${systems.npi}|${bulk.foreignNpi}` });
    const active = asArray(at(own.json, 'member')).filter((entry) => at(entry, 'inactive') !== true);
    const member = literalReference(at(active[0], 'entity', 'reference'))?.split('/')[1];
    if (member !== undefined) provider.known.notes['bulk.member'] = member;
    const references = new Set(active.slice(0, 3).flatMap(refsOf));
    const payer = literalReference(at(own.json, 'managingEntity', 'reference'));
    if (payer !== undefined) references.add(payer);
    for (const reference of references) {
      const [type = '', name = ''] = reference.split('/');
      await askPatiently(provider, 'read', read(base, type, name), { variant: 'roster' });
    }
  },
};

/** What must be refused: other people's lists, no token, too small a scope, too few types. */
export const rosterRefusals: Suite = {
  id: 'roster.refusals',
  title: "Ask for other providers' lists, without a token, and with too little",
  scenarios: ['S5'],
  needs: ['token'],
  after: [theGroup],
  asks: [asked('token', 'patient-only'), asked('bulk.delete', 'clean-up')],
  requests: when(hasGroup, 6),
  async drive(provider) {
    provider.known.notes['bulk.group'] = groupOf(provider);
    await narrowToken(provider, 'patient-only', 'system/Patient.rs');
    await sendProbes(provider, probesOf('roster.refusals'));
  },
};
