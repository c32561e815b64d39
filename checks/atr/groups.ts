import { read } from '../../src/client/requests/fhir.ts';
import { asArray, asObject, asString, at, entriesOf, type JsonObject, jsonOf, literalReference, resourceOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onEach,
  onFirst,
  pass,
  select,
  statusOf,
  warn,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { allOf } from '../applies.ts';
import { attribution, named } from '../bulk/applies.ts';
import { some } from '../bulk/exports.ts';
import { onJson, refuse, where } from '../bulk/plant.ts';

const ext = (name: string): string => `http://hl7.org/fhir/us/davinci-atr/StructureDefinition/${name}`;
const extensions = (value: Json | undefined, name: string): readonly Json[] =>
  asArray(at(value, 'extension')).filter((each) => at(each, 'url') === ext(name));
const own = { step: 'group.read', variant: 'own' } as const;

/** Judges the Group that the export is about, as read in full. */
const onGroup = (judge: (group: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  onFirst(own, (exchange, evidence) => {
    const group = resourceOf(exchange, 'Group');
    return group ? judge(group, exchange, evidence) : notTestable(`The Group could not be read: ${describeBody(exchange)}.`);
  });

/** Judges each member entry; none is not applicable. */
const onMembers = (judge: (entry: Json, exchange: Exchange) => Finding) =>
  onGroup((group, exchange) => {
    const members = asArray(group['member']);
    return members.length === 0 ? notApplicable('The Group has no member.') : worst(members.map((entry) => judge(entry, exchange)));
  });

const isActive = (entry: Json): boolean => at(entry, 'inactive') !== true;
const whoOf = (entry: Json): string => asString(at(entry, 'entity', 'reference')) ?? 'a member without entity';

/** Reads of what the list names, made by the roster suite. */
const readsOf = (evidence: Evidence, reference: string | undefined): Exchange | undefined =>
  reference === undefined
    ? undefined
    : select(evidence, { step: 'read', variant: 'roster', where: (each) => each.request.url.endsWith(`/${reference}`) })[0];

/** 404 or 410: the reference leads nowhere. 403 is a matter of scope. */
const dead = (exchange: Exchange | undefined): boolean => exchange !== undefined && [404, 410].includes(statusOf(exchange));

const groupIds = (exchange: Exchange): readonly string[] =>
  entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) => asString(resource?.['id']) ?? []);
const ownId = (evidence: Evidence): string | undefined => asString(resourceOf(select(evidence, own)[0], 'Group')?.['id']);

/** A search of this variant finds the Group. */
export const finds =
  (variant: string, what: string) =>
  (evidence: Evidence): Finding =>
    onFirst({ step: 'group.search', variant }, (exchange) => {
      const id = ownId(evidence);
      if (id === undefined) return notTestable('The Group could not be read, so it is not known what the search should find.');
      return check(
        statusOf(exchange) === 200 && groupIds(exchange).includes(id),
        exchange,
        `a searchset with Group/${id} for ${what}`,
        statusOf(exchange) === 200 ? `${groupIds(exchange).length} Groups, not this one` : describeBody(exchange),
      );
    })(evidence);

/** Changes the Group in each answer that holds one, lists and matched Groups included. */
const group = (change: (value: JsonObject) => Json) => onJson((value) => (value['resourceType'] === 'Group' ? change(value) : value));
const withoutExtension = (value: JsonObject, name: string): Json => ({
  ...value,
  extension: asArray(value['extension']).filter((each) => at(each, 'url') !== ext(name)),
});
const members = (change: (entry: JsonObject, index: number) => Json) =>
  group((value) => ({ ...value, member: asArray(value['member']).map((entry, index) => change(asObject(entry), index)) }));

const changeTypes = ['new', 'changed', 'dropped', 'nochange', 'cancelled'];

export const groupChecks: readonly Check[] = [
  {
    id: 'atr.group.search-npi',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    scenarios: ['S5'],
    text: 'The attribution Group can be found by provider NPI or TIN as identifier.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#handling-identifiers',
      section: 'spec.html#handling-identifiers',
    },
    applies: allOf(
      attribution,
      named('NPI or TIN (bulk.npi, bulk.tin)', ({ target }) => target.bulk?.npi ?? target.bulk?.tin),
    ),
    judge: (evidence) => {
      const asked = (['npi', 'tin'] as const).filter((name) => select(evidence, { step: 'group.search', variant: name }).length > 0);
      if (asked.length === 0) return notReached(evidence, { step: 'group.search', variant: 'npi' });
      return worst(asked.map((name) => finds(name, name === 'npi' ? 'the NPI' : 'the TIN')(evidence)));
    },
    faults: [
      {
        name: 'finds no Group by NPI',
        at: 'group.search',
        alter: where(
          /identifier=http[^&]*us-npi%7C1234567893/,
          onJson((bundle) => ({ ...bundle, total: 0, entry: [] })),
        ),
      },
    ],
  },
  {
    id: 'atr.group.fixed',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'Group.type is person, actual is true, managingEntity is present once and meta.lastUpdated is set.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/StructureDefinition-atr-group.html',
      section: 'StructureDefinition-atr-group.html',
    },
    applies: attribution,
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
    faults: [{ name: 'says that the list is not of actual people', at: 'group.read', alter: group((value) => ({ ...value, actual: false })) }],
  },
  {
    id: 'atr.group.list-status',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'The Group has one attributionListStatus extension with code draft, open or final.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0 (draft, final); 2.1.0 adds open',
      url: 'http://hl7.org/fhir/us/davinci-atr/StructureDefinition-atr-group.html',
      section: 'StructureDefinition-atr-group.html',
    },
    applies: attribution,
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
        alter: group((value) => withoutExtension(value, 'ext-attributionListStatus')),
      },
    ],
  },
  {
    id: 'atr.member.period',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'Each member has the attribution period.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#handling-attribution-period-and-attributed-providers',
      section: 'spec.html#handling-attribution-period-and-attributed-providers',
    },
    applies: attribution,
    judge: onMembers((entry, exchange) => {
      const [start, end] = [at(entry, 'period', 'start'), at(entry, 'period', 'end')];
      if (start === undefined && end === undefined) return fail(exchange, 'member.period with start or end', `none for ${whoOf(entry)}`);
      return start === undefined ? warn(exchange, 'member.period.start', `only an end for ${whoOf(entry)}`) : pass;
    }),
    faults: [{ name: 'lists members without a period', at: 'group.read', alter: members(({ period: _period, ...entry }) => entry) }],
  },
  {
    id: 'atr.member.extensions',
    level: 'SHOULD',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'Members carry a coverageReference (SHALL by text, 0..1 in the profile); attributedProvider, where present, points to a readable Practitioner, PractitionerRole or Organization.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/StructureDefinition-atr-group.html',
      section: 'spec.html#representing-plans-and-coverage; StructureDefinition-atr-group.html',
    },
    applies: attribution,
    judge: (evidence) =>
      onMembers((entry, exchange) => {
        const coverage = literalReference(at(extensions(entry, 'ext-coverageReference')[0], 'valueReference', 'reference'));
        const provider = literalReference(at(extensions(entry, 'ext-attributedProvider')[0], 'valueReference', 'reference'));
        if (isActive(entry) && coverage === undefined) return fail(exchange, 'a coverageReference on each active member', `none for ${whoOf(entry)}`);
        for (const reference of [coverage, provider]) {
          const answer = readsOf(evidence, reference);
          if (answer && dead(answer)) return fail(answer, `${reference}, which the list refers to`, describeBody(answer));
        }
        return pass;
      })(evidence),
    faults: [
      {
        name: 'lists a member without its coverage',
        at: 'group.read',
        alter: members((entry, index) =>
          index === 0
            ? { ...entry, extension: asArray(entry['extension']).filter((each) => at(each, 'url') !== ext('ext-coverageReference')) }
            : entry,
        ),
      },
    ],
  },
  {
    id: 'atr.member.change-type',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'changeType uses new, changed, dropped, nochange or cancelled; new members are new, dropped members are dropped and inactive=true.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#handling-attribution-period-and-attributed-providers',
      section: 'spec.html#handling-attribution-period-and-attributed-providers',
    },
    applies: allOf(
      attribution,
      named(
        'new and no dropped member (bulk.newMember, bulk.droppedMember)',
        ({ target }) => target.bulk?.newMember !== undefined && target.bulk.droppedMember !== undefined,
      ),
    ),
    judge: (evidence) =>
      onGroup((value, exchange) => {
        const { newMember, droppedMember } = evidence.target.bulk ?? {};
        const entry = (id: string | undefined): Json | undefined =>
          asArray(value['member']).find((each) => literalReference(at(each, 'entity', 'reference')) === `Patient/${id}`);
        const change = (each: Json | undefined): string | undefined => asString(at(extensions(each, 'ext-changeType')[0], 'valueCode'));
        const [fresh, dropped] = [entry(newMember), entry(droppedMember)];
        if (change(fresh) !== undefined && !changeTypes.includes(change(fresh) ?? ''))
          return warn(exchange, `changeType ${changeTypes.join(', ')}`, `${change(fresh)} for Patient/${newMember}`);
        if (change(fresh) !== 'new')
          return fail(exchange, `changeType new for Patient/${newMember}`, change(fresh) ?? (fresh === undefined ? 'not listed' : 'no changeType'));
        if (dropped === undefined) return pass;
        return check(
          change(dropped) === 'dropped' && at(dropped, 'inactive') === true,
          exchange,
          `changeType dropped and inactive true for Patient/${droppedMember}`,
          `${change(dropped) ?? 'no changeType'}, inactive ${JSON.stringify(at(dropped, 'inactive') ?? null)}`,
        );
      })(evidence),
    faults: [
      {
        name: 'does not mark a new member as new',
        at: 'group.read',
        alter: (response) => ({ ...response, body: response.body.replaceAll('"valueCode":"new"', '"valueCode":"nochange"') }),
      },
      {
        name: 'uses the change type of the printed example',
        at: 'group.read',
        alter: (response) => ({ ...response, body: response.body.replaceAll('"valueCode":"new"', '"valueCode":"add"') }),
      },
    ],
  },
  {
    id: 'atr.group.access',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    scenarios: ['S5'],
    text: 'A consumer sees only Groups its credentials entitle it to.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#smart-on-fhir-backend-services-authorization',
      section: 'spec.html#smart-on-fhir-backend-services-authorization',
    },
    applies: allOf(
      attribution,
      named('Group of another provider (bulk.foreignGroup)', ({ target }) => target.bulk?.foreignGroup),
    ),
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
      if (searches[0]) return fail(searches[0], 'Groups of this client only', `Group/${foreign} of another provider among them`);
      return onEach({ step: 'group.read', probe: 'group.foreign' }, (exchange) =>
        check(
          [401, 403, 404, 410].includes(statusOf(exchange)),
          exchange,
          "another provider's Group refused (401, 403, 404 or 410)",
          describeBody(exchange),
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
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'Group can be searched by characteristic.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/CapabilityStatement-atr-producer.html',
      section: 'CapabilityStatement-atr-producer.html',
    },
    applies: attribution,
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
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'The Group can be read and the newest version is returned.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#representing-contracts',
      section: 'spec.html#representing-contracts',
    },
    applies: attribution,
    judge: (evidence) => {
      const found = onGroup(() => pass)(evidence);
      const first = select(evidence, own)[0];
      if (first && statusOf(first) !== 200) return fail(first, '200 with the Group', describeBody(first));
      const before = select(evidence, { step: 'group.read', variant: 'draft/before' })[0];
      const after = select(evidence, { step: 'group.read', variant: 'add/id' })[0];
      const added = select(evidence, { step: 'group.operation', variant: 'add/id' })[0];
      if (!before || !after || !added || statusOf(added) >= 300) return found;
      const updated = (exchange: Exchange): string => asString(at(jsonOf(exchange.response), 'meta', 'lastUpdated')) ?? '';
      return check(
        Date.parse(updated(after)) > Date.parse(updated(before)),
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
          group((value) => ({ ...value, meta: { ...asObject(value['meta']), lastUpdated: '2026-01-05T05:00:00Z' } })),
        ),
      },
    ],
  },
  {
    id: 'atr.group.identifiers',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'Contract, settlement entity or ACO, and provider NPI and/or TIN identifiers are in Group.identifier.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#handling-identifiers',
      section: 'spec.html#representing-contracts, #handling-identifiers',
    },
    applies: allOf(
      attribution,
      named('contract identifier (bulk.contract)', ({ target }) => target.bulk?.contract),
    ),
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
          'the NPI or TIN of the provider',
          `identifiers: ${values.join(', ')}`,
        );
      })(evidence),
    faults: [
      {
        name: 'keeps the contract out of the identifiers',
        at: 'group.read',
        alter: group((value) => ({
          ...value,
          identifier: asArray(value['identifier']).filter((each) => asString(at(each, 'system'))?.endsWith('/contract') !== true),
        })),
      },
    ],
  },
  {
    id: 'atr.group.contract-period',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'The contract validity period is in the ext-contractValidityPeriod extension.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#representing-contracts',
      section: 'spec.html#representing-contracts',
    },
    applies: attribution,
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
        alter: group((value) => withoutExtension(value, 'ext-contractValidityPeriod')),
      },
    ],
  },
  {
    id: 'atr.member.entity',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'Each member has an entity reference to a Patient that can be read.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/StructureDefinition-davinci-patient-list.html',
      section: 'StructureDefinition-davinci-patient-list.html',
    },
    applies: attribution,
    judge: (evidence) =>
      onMembers((entry, exchange) => {
        const reference = literalReference(at(entry, 'entity', 'reference'));
        if (reference?.startsWith('Patient/') !== true)
          return fail(exchange, 'an entity that refers to a Patient', JSON.stringify(at(entry, 'entity') ?? null));
        const answer = isActive(entry) ? readsOf(evidence, reference) : undefined;
        return answer && dead(answer) ? fail(answer, `${reference}, which the list names`, describeBody(answer)) : pass;
      })(evidence),
    faults: [
      {
        name: 'lists a Patient that cannot be read',
        at: 'read',
        alter: (response, request) =>
          /Patient\//.test(request.url) && response.body.includes('"family":"Ellison"')
            ? refuse(404, 'not-found', 'There is no Patient with this id. Correct the id and send the request again.')(response, request)
            : response,
        alsoFails: { 'atr.read.related': 'a Patient is one of the types that must be readable' },
      },
    ],
  },
  {
    id: 'atr.read.related',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'Patient, Coverage, Practitioner, PractitionerRole, Organization, Location and RelatedPerson can be read by id.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/CapabilityStatement-atr-producer.html',
      section: 'CapabilityStatement-atr-producer.html',
    },
    applies: attribution,
    judge: onEach({ step: 'read', variant: 'roster' }, (exchange) => {
      if (statusOf(exchange) === 403) return notApplicable('The scope does not cover this type.');
      return check(statusOf(exchange) === 200, exchange, '200 for what the list refers to', describeBody(exchange));
    }),
    faults: [
      {
        name: 'does not let Organizations be read',
        at: 'read',
        alter: where(
          /Organization\/sunrise-plan$/,
          refuse(404, 'not-found', 'There is no Organization with this id. Correct the id and send the request again.'),
        ),
      },
    ],
  },
  {
    id: 'atr.member.per-provider',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S5'],
    text: 'A member attributed to several providers is listed once for each, with its period.',
    source: {
      ig: 'hl7.fhir.us.davinci-atr',
      version: '2.0.0; kept in 2.1.0',
      url: 'http://hl7.org/fhir/us/davinci-atr/spec.html#handling-attribution-period-and-attributed-providers',
      section: 'spec.html#handling-attribution-period-and-attributed-providers',
    },
    applies: allOf(
      attribution,
      named('member with two providers (bulk.sharedMember)', ({ target }) => target.bulk?.sharedMember),
    ),
    judge: (evidence) =>
      onGroup((value, exchange) => {
        const id = `Patient/${evidence.target.bulk?.sharedMember}`;
        const entries = asArray(value['member']).filter((entry) => literalReference(at(entry, 'entity', 'reference')) === id);
        const providers = new Set(
          entries.flatMap((entry) => asString(at(extensions(entry, 'ext-attributedProvider')[0], 'valueReference', 'reference')) ?? []),
        );
        return check(
          providers.size >= 2,
          exchange,
          `two entries with different attributedProvider for ${id}`,
          `${entries.length} entries, providers: ${some([...providers])}`,
        );
      })(evidence),
    faults: [
      {
        name: 'lists each member once, whoever cares for them',
        at: 'group.read',
        alter: group((value) => {
          const seen = new Set<string>();
          return { ...value, member: asArray(value['member']).filter((entry) => !seen.has(whoOf(entry)) && seen.add(whoOf(entry))) };
        }),
      },
    ],
  },
];
