import { read } from '../../src/client/requests/fhir.ts';
import { refusal } from '../../src/core/controls.ts';
import { asArray, asString, at, entriesOf, jsonOf, resourceOf } from '../../src/core/fhir.ts';
import { describeBody, fail, notTestable, onEach, onFirst, pass, select, statusOf, unanswered, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Finding, Json } from '../../src/core/model.ts';
import { panel } from '../../src/core/steps.ts';
import { allOf } from '../applies.ts';
import { finds } from '../atr/groups.ts';
import { onJson, refuse, where } from '../bulk/alter.ts';
import { declaresExport, named } from '../bulk/applies.ts';
import { honestTwin, onRefusal, ownAnswer } from '../bulk/controls.ts';
import { hadAny, keyOf, onExport, patientOf, rowsOf, some, whenHad } from '../bulk/exports.ts';
import { group } from '../group.ts';
import { pdex, pdex22 } from '../sources.ts';

const pdexGroup = 'http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PdexMemberAttributionCS';
const matchCodes = 'http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PdexMultiMemberMatchResultCS';
const groupIds = (exchange: Exchange): readonly string[] =>
  entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) => asString(resource?.['id']) ?? []);
const codings = (value: Json | undefined): readonly Json[] => asArray(at(value, 'coding'));

export const providerGroupChecks: readonly Check[] = group(
  { scenarios: panel, holds: [{ ig: guides.pdex, from: '2.1.0' }], applies: declaresExport('Group', 'davinci-data-export') },
  [
    {
      id: 'pa.group.profile',
      level: 'SHALL',
      lines: ['L2'],
      text: 'Provider Groups follow PDexProviderGroup with code and characteristic pdexprovidergroup, exclude=false.',
      source: pdex22('StructureDefinition-pdex-provider-group.html'),
      judge: onFirst({ step: 'group.read', variant: 'own' }, (exchange) => {
        const group = resourceOf(exchange, 'Group');
        if (!group) return notTestable(`The Group could not be read: ${describeBody(exchange)}.`, 'payer');
        const coded = codings(group['code']).some((each) => [pdexGroup, matchCodes].includes(asString(at(each, 'system')) ?? ''));
        if (!coded)
          return fail(exchange, 'Group.code from PdexMemberAttributionCS or PdexMultiMemberMatchResultCS', JSON.stringify(group['code'] ?? null));
        const characteristics = asArray(group['characteristic']);
        if (characteristics.length === 0) return warn(exchange, 'a characteristic pdexprovidergroup', 'no characteristic');
        const odd = characteristics.find(
          (each) =>
            !codings(at(each, 'code')).some((one) => at(one, 'system') === pdexGroup && at(one, 'code') === 'pdexprovidergroup') ||
            at(each, 'exclude') !== false,
        );
        if (odd !== undefined) return fail(exchange, 'each characteristic with code pdexprovidergroup and exclude false', JSON.stringify(odd));
        return characteristics.some((each) => at(each, 'period', 'start') === undefined)
          ? warn(exchange, 'characteristic.period.start', 'absent')
          : pass;
      }),
      faults: [{ name: 'gives provider Groups no code', at: 'group.read', alter: onJson(({ code: _code, ...rest }) => rest) }],
    },
    {
      id: 'pa.group.search',
      level: 'SHALL',
      lines: ['L3', 'L4'],
      text: 'The provider may search and read exactly the Groups tied to its account.',
      source: pdex22('provider-access-api.html'),
      judge: (evidence) =>
        onFirst({ step: 'group.search', variant: 'all' }, (exchange) => {
          if (statusOf(exchange) !== 200) return fail(exchange, 'a searchset of the Groups of this account', describeBody(exchange));
          const foreign = evidence.target.bulk?.foreignGroup;
          if (foreign !== undefined && groupIds(exchange).includes(foreign))
            return fail(exchange, 'Groups of this account only', `disclosed: Group/${foreign} of another provider`);
          if (groupIds(exchange).length === 0) return notTestable('The search for Groups found none.', 'test-data');
          const read = select(evidence, { step: 'group.read', variant: 'listed' });
          const unread = read.find((each) => unanswered(each) === undefined && statusOf(each) !== 200);
          if (unread) return fail(unread, 'each Group of the search readable', describeBody(unread));
          return read.map(unanswered).find((each) => each !== undefined) ?? pass;
        })(evidence),
      faults: [
        {
          name: "lists another provider's Group",
          at: 'group.search',
          behaviour: 'lists-foreign-groups-in-search',
          alsoFails: { 'atr.group.access': 'the same rule in ATR' },
        },
      ],
    },
    {
      id: 'pa.group.search-params',
      level: 'SHALL',
      lines: ['L2', 'L4'],
      text: 'Group can be searched by identifier and by characteristic (PDex 2.2 adds code and characteristic-value-reference).',
      source: pdex('CapabilityStatement-pdex-provider-access-server.html', 'CapabilityStatement-pdex-provider-access-server.html Group'),
      judge: (evidence) =>
        worst([
          finds('identifier-bare', 'its identifier without system')(evidence),
          finds('characteristic-bare', 'its characteristic without system')(evidence),
        ]),
      faults: [
        {
          name: 'does not take a characteristic without its system',
          at: 'group.search',
          alter: where(
            /characteristic=pdexprovidergroup$/,
            refuse(400, 'invalid', 'A characteristic needs its system. Correct the search and send it again.'),
          ),
        },
      ],
    },
    {
      id: 'pa.group.search-params-2',
      level: 'SHALL',
      lines: ['L2', 'L4'],
      text: 'Group can be searched by code and by characteristic-value-reference.',
      source: pdex22('CapabilityStatement-pdex-provider-access-server.html', 'CapabilityStatement-pdex-provider-access-server.html Group'),
      holds: [{ ig: guides.pdex, from: '2.2.0' }],
      judge: (evidence) =>
        worst([finds('code', 'its code')(evidence), finds('value-reference', 'the organization that its characteristic refers to')(evidence)]),
      faults: [
        {
          name: 'does not know characteristic-value-reference',
          at: 'group.search',
          target: { guides: { [guides.pdex.id]: '2.2.0' } },
          alter: where(
            /characteristic-value-reference=/,
            refuse(400, 'not-supported', 'Group has no such search parameter. Remove it and send the search again.'),
          ),
        },
      ],
    },
    {
      id: 'pa.token-required',
      level: 'SHALL',
      lines: ['L3'],
      text: 'Group resources and the export operation need an access token.',
      source: pdex('provider-access-api.html', 'provider-access-api.html#access-and-refresh-tokens'),
      probes: [
        {
          id: 'group.no-token',
          step: 'group.read',
          suite: 'roster.refusals',
          expected: {
            status: [401],
            codes: ['login', 'security', 'unknown', 'forbidden'],
            names: ['token', 'Authorization'],
            action: 'reauthenticate',
          },
          request: ({ base, notes }) => {
            const id = notes['bulk.group'];
            return base === undefined || typeof id !== 'string' ? 'no Group is known' : { ...read(base, 'Group', id), token: 'none' };
          },
        },
      ],
      judge: (evidence) =>
        worst(
          (
            [
              ['group.read', 'group.no-token'],
              ['bulk.kickoff', 'pa.kickoff.no-token'],
            ] as const
          ).map(([step, probe]) =>
            onEach({ step, probe }, (exchange) => {
              const judged = (): Finding => {
                const seen = statusOf(exchange);
                if (seen === 401) return pass;
                return seen >= 400
                  ? warn(exchange, '401 without a token', describeBody(exchange))
                  : fail(exchange, '401 without a token', `disclosed: ${describeBody(exchange)}`);
              };
              const own = step === 'group.read' ? ownAnswer(evidence, exchange) : honestTwin(evidence, exchange);
              return refusal(exchange, own, 'The same request with a token', judged);
            })(evidence),
          ),
        ),
      faults: [
        {
          name: 'lets Groups be read without a token',
          alsoFails: { 'cc2.rs.pdex-group-token': 'the same rule among the resource server rows' },
          at: 'group.read',
          alter: (response, request) =>
            request.headers['authorization'] === undefined
              ? {
                  status: 200,
                  headers: { 'content-type': 'application/fhir+json' },
                  body: '{"resourceType":"Group","id":"panel-a","type":"person","actual":true}',
                }
              : response,
        },
      ],
    },
    {
      id: 'pa.opted-out-group-not-exportable',
      level: 'SHALL',
      lines: ['L4'],
      text: 'A Group that lists opted-out members cannot be exported by the provider.',
      source: pdex('provider-access-api.html', 'provider-access-api.html#attribution-list'),
      applies: allOf(
        declaresExport('Group', 'davinci-data-export'),
        named('bulk.optedOutGroup', 'a Group of members who opted out', ({ target }) => target.bulk?.optedOutGroup),
      ),
      judge: (evidence) => {
        const started = select(evidence, { step: 'bulk.kickoff', variant: 'opted-out-group' })[0];
        if (started && statusOf(started) >= 400) return onRefusal(() => pass)(started, evidence);
        return onExport('opted-out-group', (job, { target }) => {
          const patient = target.bulk?.optedOutPatient;
          const leaked = rowsOf(job).filter((row) => patient === undefined || patientOf(row) === `Patient/${patient}`);
          if (leaked.length > 0) return fail(job.final, 'no data of members who opted out', `disclosed: ${some(leaked.map(keyOf))}`);
          // Nothing came of that Group; that means something where our own brings rows.
          return whenHad(job, () => onExport('claims', (own) => hadAny(own, rowsOf(own), 'row'))(evidence));
        })(evidence);
      },
      mustSee: (row, { variant, target }) => {
        const patient = target.bulk?.optedOutPatient;
        return variant === 'opted-out-group' && (patient === undefined || patientOf(row) === `Patient/${patient}`);
      },
      faults: [
        {
          name: 'exports members who opted out',
          at: ['bulk.kickoff', 'bulk.status'],
          behaviour: 'exports-opted-out',
          alsoFails: { 'id.authz.opt-out': 'an opt-out is not honoured' },
        },
      ],
    },
  ],
);
