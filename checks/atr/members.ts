import { asArray, asObject, asString, at, type JsonObject, literalReference, resourceOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notApplicable, notTestable, onEach, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { roster } from '../../src/core/steps.ts';
import { refuse, where } from '../bulk/alter.ts';
import { named } from '../bulk/applies.ts';
import { some } from '../bulk/exports.ts';
import { group } from '../group.ts';
import { atr } from '../sources.ts';
import { editGroup, ext, extensions, onGroup } from './groups.ts';

/** Judges each member entry; none is not applicable. */
const onMembers = (judge: (entry: Json, exchange: Exchange) => Finding) =>
  onGroup((group, exchange) => {
    const members = asArray(group['member']);
    return members.length === 0 ? notTestable('The Group has no member.', 'test-data') : worst(members.map((entry) => judge(entry, exchange)));
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

const members = (change: (entry: JsonObject, index: number) => Json) =>
  editGroup((value) => ({ ...value, member: asArray(value['member']).map((entry, index) => change(asObject(entry), index)) }));

const changeTypes = ['new', 'changed', 'dropped', 'nochange', 'cancelled'];

export const memberChecks: readonly Check[] = group({ scenarios: roster, lines: ['L2'], holds: [{ ig: guides.atr }] }, [
  {
    id: 'atr.member.period',
    level: 'SHALL',
    text: 'Each member has the attribution period.',
    source: atr('spec.html#handling-attribution-period-and-attributed-providers'),
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
    text: 'Members carry a coverageReference (SHALL by text, 0..1 in the profile); attributedProvider, where present, points to a readable Practitioner, PractitionerRole or Organization.',
    source: atr('StructureDefinition-atr-group.html', 'spec.html#representing-plans-and-coverage; StructureDefinition-atr-group.html'),
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
    text: 'changeType uses new, changed, dropped, nochange or cancelled; new members are new, dropped members are dropped and inactive=true.',
    source: atr('spec.html#handling-attribution-period-and-attributed-providers'),
    applies: named(
      'bulk.newMember, bulk.droppedMember',
      'new and no dropped member',
      ({ target }) => target.bulk?.newMember !== undefined && target.bulk.droppedMember !== undefined,
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
    id: 'atr.member.entity',
    level: 'SHALL',
    text: 'Each member has an entity reference to a Patient that can be read.',
    source: atr('StructureDefinition-davinci-patient-list.html'),
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
    text: 'Patient, Coverage, Practitioner, PractitionerRole, Organization, Location and RelatedPerson can be read by id.',
    source: atr('CapabilityStatement-atr-producer.html'),
    judge: onEach({ step: 'read', variant: 'roster' }, (exchange) => {
      if (statusOf(exchange) === 403) return notApplicable('The scope does not cover this type.');
      const [, type = '', id = ''] = /\/([A-Z][A-Za-z]+)\/([^/?#]+)$/.exec(exchange.request.url) ?? [];
      const found = statusOf(exchange) === 200 && resourceOf(exchange, type)?.['id'] === id;
      return check(found, exchange, `200 with ${type}/${id}, to which the list refers`, describeBody(exchange));
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
    text: 'A member attributed to several providers is listed once for each, with its period.',
    source: atr('spec.html#handling-attribution-period-and-attributed-providers'),
    applies: named('bulk.sharedMember', 'a member with two providers', ({ target }) => target.bulk?.sharedMember),
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
        alsoFails: { 'atr.group.quantity': 'the quantity still counts whom the list leaves out' },
        alter: editGroup((value) => {
          const seen = new Set<string>();
          return { ...value, member: asArray(value['member']).filter((entry) => !seen.has(whoOf(entry)) && seen.add(whoOf(entry))) };
        }),
      },
    ],
  },
]);
