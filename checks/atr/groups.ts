import { read } from '../../src/client/requests/fhir.ts';
import { refusal } from '../../src/core/controls.ts';
import { asArray, asObject, asString, at, entriesOf, type JsonObject, jsonOf, resourceOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  describeBody,
  fail,
  notReached,
  notTestable,
  onEach,
  onFirst,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Json, Variant } from '../../src/core/model.ts';
import { roster } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { onJson, refuse, where } from '../bulk/alter.ts';
import { named } from '../bulk/applies.ts';
import { group } from '../group.ts';
import { atr } from '../sources.ts';

export const ext = (name: string): string => `http://hl7.org/fhir/us/davinci-atr/StructureDefinition/${name}`;

export const extensions = (value: Json | undefined, name: string): readonly Json[] =>
  asArray(at(value, 'extension')).filter((each) => at(each, 'url') === ext(name));

const own = { step: 'group.read', variant: 'own' } as const;

/** Judges the Group that the export is about, as read in full. */
export const onGroup = (judge: (group: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  onFirst(own, (exchange, evidence) => {
    const group = resourceOf(exchange, 'Group');
    return group ? judge(group, exchange, evidence) : notTestable(`The Group could not be read: ${describeBody(exchange)}.`, 'payer');
  });

const groupIds = (exchange: Exchange): readonly string[] =>
  entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) => asString(resource?.['id']) ?? []);

const ownId = (evidence: Evidence): string | undefined => asString(resourceOf(select(evidence, own)[0], 'Group')?.['id']);

/** Groups that a search by identifier found though they do not bear it. */
const bySomebodyElse = (evidence: Evidence): readonly Finding[] =>
  select(evidence, { step: 'group.search', where: ({ request }) => /[?&]identifier=/.test(request.url) }).flatMap((exchange) => {
    const [system, value] = (queryOf(exchange.request.url).find(([name]) => name === 'identifier')?.[1] ?? '').split('|');
    if (statusOf(exchange) !== 200 || system === undefined || value === undefined) return [];
    const bears = (group: Json | undefined) =>
      asArray(at(group, 'identifier')).some((each) => at(each, 'value') === value && (at(each, 'system') ?? '') === system);
    const wrong = entriesOf(jsonOf(exchange.response)).find(({ resource }) => resource?.resourceType === 'Group' && !bears(resource));
    return wrong === undefined
      ? []
      : [fail(exchange, `Groups with the identifier ${system}|${value} only`, `Group/${String(wrong.resource?.['id'])}, which does not bear it`)];
  });

/** A search of this variant finds the Group. */
export const finds =
  (variant: Variant<'group.search'>, what: string) =>
  (evidence: Evidence): Finding =>
    onFirst({ step: 'group.search', variant }, (exchange) => {
      const id = ownId(evidence);
      if (id === undefined) return notTestable('The Group could not be read, so it is not known what the search should find.', 'payer');
      return check(
        statusOf(exchange) === 200 && groupIds(exchange).includes(id),
        exchange,
        `a searchset with Group/${id} for ${what}`,
        statusOf(exchange) === 200 ? `${groupIds(exchange).length} Groups, not this one` : describeBody(exchange),
      );
    })(evidence);

/** Changes the Group in each answer that holds one, lists and matched Groups included. */
export const editGroup = (change: (value: JsonObject) => Json) => onJson((value) => (value['resourceType'] === 'Group' ? change(value) : value));

const withoutExtension = (value: JsonObject, name: string): Json =>
  withList(
    value,
    'extension',
    asArray(value['extension']).filter((each) => at(each, 'url') !== ext(name)),
  );

/** The same with this list; without the element where nothing is left, since FHIR JSON knows no empty list. */
function withList(value: JsonObject, name: string, list: readonly Json[]): Json {
  const { [name]: _before, ...rest } = value;
  return list.length === 0 ? rest : { ...rest, [name]: list };
}

export const groupChecks: readonly Check[] = group({ scenarios: roster, lines: ['L2'], holds: [{ ig: guides.atr }] }, [
  {
    id: 'atr.group.search-npi',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'The attribution Group can be found by provider NPI or TIN as identifier.',
    source: atr('spec.html#handling-identifiers'),
    applies: named('bulk.npi, bulk.tin', 'NPI or TIN', ({ target }) => target.bulk?.npi ?? target.bulk?.tin),
    judge: (evidence) => {
      const asked = (['npi', 'tin'] as const).filter((name) => select(evidence, { step: 'group.search', variant: name }).length > 0);
      if (asked.length === 0) return notReached(evidence, { step: 'group.search', variant: 'npi' });
      return worst([...asked.map((name) => finds(name, name === 'npi' ? 'the NPI' : 'the TIN')(evidence)), ...bySomebodyElse(evidence)]);
    },
    faults: [
      {
        name: 'finds no Group by NPI',
        at: 'group.search',
        alter: where(
          /identifier=http[^&]*us-npi%7C1234567893/,
          onJson(({ entry: _entry, ...bundle }) => ({ ...bundle, total: 0 })),
        ),
      },
      {
        name: 'finds its Groups by the NPI of somebody else',
        at: 'group.search',
        alter: where(
          /identifier=http[^&]*us-npi%7C(?!1234567893)/,
          onJson((bundle) => ({
            ...bundle,
            total: 1,
            entry: [
              {
                fullUrl: 'https://payer.example.org/fhir/Group/panel-a',
                resource: {
                  resourceType: 'Group',
                  id: 'panel-a',
                  type: 'person',
                  actual: true,
                  identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: '1234567893' }],
                },
                search: { mode: 'match' },
              },
            ],
          })),
        ),
        alsoFails: { 'payload.r4': 'what is sent in its place is a list without members or profile' },
      },
    ],
  },
  {
    id: 'atr.group.fixed',
    level: 'SHALL',
    text: 'Group.type is person, actual is true, managingEntity is present once and meta.lastUpdated is set.',
    source: atr('StructureDefinition-atr-group.html'),
    judge: onGroup((value, exchange) =>
      all(
        () => check(value['type'] === 'person', exchange, 'Group.type person', `type ${JSON.stringify(value['type'] ?? null)}`),
        () => check(value['actual'] === true, exchange, 'Group.actual true', `actual ${JSON.stringify(value['actual'] ?? null)}`),
        () =>
          check(
            at(value, 'managingEntity', 'reference') !== undefined || at(value, 'managingEntity', 'identifier') !== undefined,
            exchange,
            'Group.managingEntity',
            'absent',
          ),
        () => check(asString(at(value, 'meta', 'lastUpdated')) !== undefined, exchange, 'meta.lastUpdated', 'absent'),
      ),
    ),
    faults: [
      {
        name: 'says that the list is not of actual people',
        at: 'group.read',
        alter: editGroup((value) => ({ ...value, actual: false })),
        alsoFails: { 'payload.r4': 'grp-1 of R4: only actual groups have members' },
      },
    ],
  },
  {
    id: 'atr.group.list-status',
    level: 'SHALL',
    text: 'The Group has one attributionListStatus extension with code draft, open or final.',
    source: atr('StructureDefinition-atr-group.html'),
    judge: onGroup((value, exchange) => {
      const found = extensions(value, 'ext-attributionListStatus');
      const code = asString(at(found[0], 'valueCode'));
      if (found.length !== 1 || code === undefined)
        return fail(exchange, 'one attributionListStatus extension with valueCode', `${found.length} such extensions`);
      return ['draft', 'open', 'final'].includes(code) ? pass : warn(exchange, 'draft, open or final', code);
    }),
    faults: [
      {
        name: 'does not say the status of the list',
        at: 'group.read',
        alter: editGroup((value) => withoutExtension(value, 'ext-attributionListStatus')),
      },
    ],
  },
  {
    id: 'atr.group.access',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    text: 'A consumer sees only Groups its credentials entitle it to.',
    source: atr('spec.html#smart-on-fhir-backend-services-authorization'),
    applies: named('bulk.foreignGroup', 'a Group of another provider', ({ target }) => target.bulk?.foreignGroup),
    probes: [
      {
        id: 'group.foreign',
        step: 'group.read',
        suite: 'roster.refusals',
        expected: { status: [404, 403], codes: ['not-found', 'forbidden'], names: ['Group'], action: 'correct' },
        request: ({ base, target }) =>
          base === undefined || target.bulk?.foreignGroup === undefined
            ? 'no Group of another provider is known'
            : read(base, 'Group', target.bulk.foreignGroup),
      },
    ],
    judge: (evidence) => {
      const foreign = evidence.target.bulk?.foreignGroup ?? '';
      const searches = select(evidence, { step: 'group.search', where: (each) => groupIds(each).includes(foreign) });
      if (searches[0]) return fail(searches[0], 'Groups of this client only', `disclosed: Group/${foreign} of another provider among them`);
      return onEach({ step: 'group.read', probe: 'group.foreign' }, (exchange) =>
        refusal(exchange, select(evidence, own)[0], 'The own Group', () =>
          check(
            [401, 403, 404, 410].includes(statusOf(exchange)),
            exchange,
            "another provider's Group refused (401, 403, 404 or 410)",
            `disclosed: ${describeBody(exchange)}`,
          ),
        ),
      )(evidence);
    },
    faults: [
      {
        name: "serves another provider's Group",
        at: 'group.read',
        alter: where(/roster-clinic-b/, () => ({
          status: 200,
          headers: { 'content-type': 'application/fhir+json' },
          body: '{"resourceType":"Group","id":"roster-clinic-b","type":"person","actual":true}',
        })),
      },
    ],
  },
  {
    id: 'atr.group.search-characteristic',
    level: 'SHALL',
    text: 'Group can be searched by characteristic.',
    source: atr('CapabilityStatement-atr-producer.html'),
    judge: finds('characteristic', 'its characteristic'),
    faults: [
      {
        name: 'does not take characteristic as a search parameter',
        at: 'group.search',
        alter: where(
          /characteristic=http/,
          refuse(400, 'not-supported', 'The search parameter characteristic is not supported. Correct the search and send it again.'),
        ),
      },
    ],
  },
  {
    id: 'atr.group.read',
    level: 'SHALL',
    text: 'The Group can be read and the newest version is returned.',
    source: atr('spec.html#representing-contracts'),
    judge: (evidence) => {
      const found = onGroup(() => pass)(evidence);
      const first = select(evidence, own)[0];
      if (first && unanswered(first) === undefined && statusOf(first) !== 200) return fail(first, '200 with the Group', describeBody(first));
      const before = select(evidence, { step: 'group.read', variant: 'draft/before' })[0];
      const after = select(evidence, { step: 'group.read', variant: 'add/id' })[0];
      const added = select(evidence, { step: 'group.operation', variant: 'add/id' })[0];
      if (!before || !after || !added || statusOf(added) >= 300 || statusOf(before) !== 200 || statusOf(after) !== 200) return found;
      const updated = (exchange: Exchange): string => asString(at(jsonOf(exchange.response), 'meta', 'lastUpdated')) ?? '';
      const version = (exchange: Exchange): string => asString(at(jsonOf(exchange.response), 'meta', 'versionId')) ?? '';
      const [was, is] = [Date.parse(updated(before)), Date.parse(updated(after))];
      return check(
        // Clocks may tick in whole seconds: a new version within the same second is new all the same.
        is > was || (is === was && version(after) !== version(before)),
        after,
        `a meta.lastUpdated later than ${updated(before)} after a change`,
        updated(after) === '' ? 'none' : updated(after),
      );
    },
    faults: [
      {
        name: 'returns an old version after a change',
        at: 'group.read',
        alter: where(
          /draft-a/,
          editGroup((value) => ({ ...value, meta: { ...asObject(value['meta']), versionId: '1', lastUpdated: '2026-01-05T05:00:00Z' } })),
        ),
      },
    ],
  },
  {
    id: 'atr.group.identifiers',
    level: 'SHALL',
    text: 'Contract, settlement entity or ACO, and provider NPI and/or TIN identifiers are in Group.identifier.',
    source: atr('spec.html#handling-identifiers', 'spec.html#representing-contracts, #handling-identifiers'),
    applies: named('bulk.contract', 'the contract identifier', ({ target }) => target.bulk?.contract),
    judge: (evidence) =>
      onGroup((value, exchange) => {
        const { contract, settlement, npi, tin } = evidence.target.bulk ?? {};
        const values = asArray(value['identifier']).flatMap((each) => asString(at(each, 'value')) ?? []);
        const missing = [contract, settlement].filter((each) => each !== undefined && !values.includes(each));
        if (missing.length > 0) return fail(exchange, `the identifiers ${missing.join(', ')}`, `identifiers: ${values.join(', ')}`);
        const known = [npi, tin].filter((each) => each !== undefined);
        return check(
          known.length === 0 || known.some((each) => values.includes(each)),
          exchange,
          'NPI or TIN of the provider',
          `identifiers: ${values.join(', ')}`,
        );
      })(evidence),
    faults: [
      {
        name: 'keeps the contract out of the identifiers',
        at: 'group.read',
        alter: editGroup((value) =>
          withList(
            value,
            'identifier',
            asArray(value['identifier']).filter((each) => asString(at(each, 'system'))?.endsWith('/contract') !== true),
          ),
        ),
      },
    ],
  },
  {
    id: 'atr.group.contract-period',
    level: 'SHALL',
    text: 'The contract validity period is in the ext-contractValidityPeriod extension.',
    source: atr('spec.html#representing-contracts'),
    judge: onGroup((value, exchange) => {
      const period = at(extensions(value, 'ext-contractValidityPeriod')[0], 'valuePeriod');
      return check(
        at(period, 'start') !== undefined || at(period, 'end') !== undefined,
        exchange,
        'ext-contractValidityPeriod with start or end',
        'none',
      );
    }),
    faults: [
      {
        name: 'does not say how long the contract holds',
        at: 'group.read',
        alter: editGroup((value) => withoutExtension(value, 'ext-contractValidityPeriod')),
      },
    ],
  },
]);
