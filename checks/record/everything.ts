import { asString, at, entriesOf, isResource, type JsonObject, jsonOf, linkOf, literalReference, type Resource } from '../../src/core/fhir.ts';
import {
  check,
  fail,
  notReached,
  notTestable,
  onFirst,
  pass,
  reasonIn,
  select,
  status,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Json, Variant } from '../../src/core/model.ts';
import { parseUrl, queryOf } from '../../src/core/url.ts';
import { refuse, when } from '../alter.ts';
import { allOf, anyOf, declaresOperation, follows, stated } from '../applies.ts';
import { group } from '../group.ts';
import { pagesUnread } from '../rest/bundles.ts';
import { pagesOf, subjectOf } from '../sec/lib.ts';
import { pdex22, r4, useCase } from '../sources.ts';
import { completeness } from './completeness.ts';

/** Types that support a record without being about anybody. */
const free = new Set([
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'Medication',
  'OperationOutcome',
  'HealthcareService',
  'InsurancePlan',
  'Endpoint',
  'Substance',
  'Questionnaire',
]);

const outsideCompartment: ReadonlySet<string> = new Set([...free, 'Provenance']);

export interface Record {
  readonly exchange: Exchange;
  readonly pages: readonly Exchange[];
  readonly resources: readonly Resource[];
  /** Those that are neither included nor an outcome. */
  readonly matches: readonly Resource[];
  /** Why a page brought nothing, or was not asked for by a limit of ours: what is not here may stand there. */
  readonly lost?: Finding;
}

/** One $everything answer over its pages; undefined when it was not asked for, or not answered with 200. */
export function recordOf(evidence: Evidence, variant: Variant<'everything'>): Record | undefined {
  const [exchange] = select(evidence, { step: 'everything', variant });
  if (!exchange?.response || statusOf(exchange) !== 200) return undefined;
  const pages = pagesOf(evidence, exchange);
  const entries = pages.flatMap((page) => entriesOf(jsonOf(page.response)));
  const resources = entries.flatMap(({ resource }) => resource ?? []);
  const matches = entries.flatMap(({ resource, mode }) =>
    resource && mode !== 'include' && mode !== 'outcome' && resource.resourceType !== 'OperationOutcome' ? [resource] : [],
  );
  const lost = pagesUnread(pages);
  return { ...(lost ? { lost } : {}), exchange, pages, resources, matches };
}

const offered = (evidence: Evidence): true | string => {
  const [exchange] = select(evidence, { step: 'everything', variant: 'whole' });
  return (
    exchange === undefined ||
    unanswered(exchange) !== undefined ||
    statusOf(exchange) === 200 ||
    'the server does not answer $everything with 200 (graded by rest.everything.supported)'
  );
};
const onRecord =
  (variant: Variant<'everything'>, judge: (record: Record, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const record = recordOf(evidence, variant);
    if (record) return judge(record, evidence);
    const [exchange] = select(evidence, { step: 'everything', variant });
    if (!exchange) return notReached(evidence, { step: 'everything', variant });
    return unanswered(exchange) ?? warn(exchange, '200', `status ${statusOf(exchange)}${reasonIn(exchange)}`);
  };
const patientOf = ({ exchange }: Record): string => /\/Patient\/([^/]+)\/\$everything/.exec(exchange.request.url)?.[1] ?? '';
const key = (resource: Resource): string => `${resource.resourceType}/${resource['id']}`;
const lastPage = ({ pages }: Record): Exchange => pages.at(-1) as Exchange;
const alterEntries = (response: { readonly body: string }, change: (entries: JsonObject[]) => Json[]): string => {
  const bundle = JSON.parse(response.body) as { entry?: JsonObject[] };
  return JSON.stringify({ ...bundle, entry: change(bundle.entry ?? []) });
};
const isWhole = (url: string): boolean => url.includes('$everything') && !url.includes('_type') && !url.includes('_since');

/** The whole record: complete, once, the same twice, and about one person. */
export const everythingChecks: readonly Check[] = group({ scenarios: ['S1', 'S3'], applies: offered }, [
  {
    id: 'rest.everything.supported',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: 'A health plan supports Patient/[id]/$everything.',
    source: pdex22('payertopayerexchange.html#everything-operation'),
    applies: anyOf(
      declaresOperation('Patient', 'everything'),
      allOf(follows(guides.pdex), ({ target }) => stated(target, 'payer-to-payer', 'whether the run plays another payer: true or false')),
    ),
    judge: onFirst({ step: 'everything', variant: 'whole' }, (exchange) =>
      worst([
        status(exchange, 200),
        check(statusOf(exchange) !== 200 || isResource(jsonOf(exchange.response), 'Bundle'), exchange, 'a Bundle', 'another body'),
      ]),
    ),
    faults: [
      {
        name: 'declares $everything and does not know it',
        at: 'everything',
        alter: when(({ url }) => isWhole(url), refuse(404, 'not-supported', 'The operation is not offered here. Read the resources by type.')),
      },
    ],
  },
  {
    id: 'rest.everything.claims',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: '$everything brings the claims, encounters and prior authorizations of the member that other ways of asking bring.',
    source: pdex22('payertopayerexchange.html#everything-operation', 'payertopayerexchange, $everything operation (pdex-214)'),
    holds: [{ ig: guides.pdex, from: '2.2.0' }],
    // "The data returned by `$everything` for the requesting payer": others are asked by record.complete.
    applies: ({ target }) => stated(target, 'payer-to-payer', 'whether the run plays another payer: true or false'),
    judge: onRecord('whole', (record, evidence) => {
      const about = `Patient/${patientOf(record)}`;
      const known = new Set(
        select(evidence, { step: 'search', variant: 'claims/patient' })
          .flatMap((exchange) => entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) => resource ?? []))
          .filter((each) => each.resourceType === 'ExplanationOfBenefit' && subjectOf(each) === about)
          .map(key),
      );
      if (known.size === 0) return notTestable('No search of this run brought an ExplanationOfBenefit of the member.', 'test-data');
      const here = new Set(record.resources.map(key));
      const missing = [...known].filter((each) => !here.has(each));
      if (missing.length === 0) return pass;
      return record.lost ?? fail(lastPage(record), `all ${known.size} that a search brought`, `${missing.length} are missing, e.g. ${missing[0]}`);
    }),
    faults: [
      {
        name: 'leaves claims out of the record',
        at: ['everything', 'page'],
        drives: ['claims.search'],
        target: { guides: { [guides.pdex.id]: '2.2.0' }, statements: { 'payer-to-payer': true } },
        alter: (response, { url }) =>
          url.includes('$everything') && response.status === 200
            ? {
                ...response,
                body: alterEntries(response, (entries) => entries.filter((each) => at(each, 'resource', 'resourceType') !== 'ExplanationOfBenefit')),
              }
            : response,
        alsoFails: { 'record.complete': 'claims belong to the record' },
      },
    ],
  },
  {
    id: 'rest.everything.searchset',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: '$everything returns a searchset Bundle with the Patient itself.',
    source: r4('operation-patient-everything.html'),
    judge: onRecord('whole', (record) => {
      const type = at(jsonOf(record.exchange.response), 'type');
      const patients = record.resources.filter((each) => each.resourceType === 'Patient' && each['id'] === patientOf(record));
      return worst([
        check(type === 'searchset', record.exchange, 'a searchset', String(type)),
        check(patients.length === 1, record.exchange, 'the Patient once over all pages', `${patients.length} times`),
      ]);
    }),
    faults: [
      {
        name: 'leaves the Patient out',
        at: 'everything',
        alter: (response, { url }) =>
          isWhole(url) && response.status === 200
            ? { ...response, body: alterEntries(response, (entries) => entries.filter((each) => at(each, 'resource', 'resourceType') !== 'Patient')) }
            : response,
        alsoFails: { 'record.complete': 'the Patient belongs to the record', 'record.references-resolve': 'everything refers to the Patient' },
      },
    ],
  },
  {
    id: 'rest.everything.limited',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: '$everything is limited to what the requester may access.',
    source: pdex22('payertopayerexchange.html#everything-operation'),
    judge: onRecord('whole', (record) => {
      const about = `Patient/${patientOf(record)}`;
      const odd = record.resources.find(
        (each) =>
          !free.has(each.resourceType) &&
          (each.resourceType === 'Patient' ? key(each) !== about : subjectOf(each) !== undefined && subjectOf(each) !== about),
      );
      return check(
        odd === undefined,
        record.exchange,
        `only what is about ${about}`,
        `${odd ? key(odd) : ''} is about ${odd ? (subjectOf(odd) ?? 'itself') : ''}`,
      );
    }),
    faults: [
      {
        name: 'puts a condition of another member in',
        at: ['everything', 'page'],
        behaviour: 'everything-holds-another-member',
        alsoFails: {
          'record.complete': 'one resource too many',
          'id.authz.compartment': 'a foreign member is a foreign member',
          'record.references-resolve': 'the stranger is not in the record',
        },
      },
    ],
  },
  {
    id: 'rest.everything.type-filter',
    level: 'SHOULD',
    lines: ['L2', 'L5'],
    text: '_type limits the resource types of $everything.',
    source: r4('operation-patient-everything.html'),
    judge: onRecord('type', (record) => {
      const odd = record.resources.find((each) => !['Patient', 'Condition', 'OperationOutcome'].includes(each.resourceType));
      return check(odd === undefined, record.exchange, 'Patient and Condition only', odd ? key(odd) : '');
    }),
    faults: [{ name: 'ignores _type', at: 'everything', behaviour: 'everything-ignores-type' }],
  },
  {
    id: 'rest.everything.since',
    level: 'SHOULD',
    lines: ['L2', 'L5'],
    text: '_since limits $everything to resources updated after the instant.',
    source: r4('operation-patient-everything.html'),
    judge: onRecord('since', (record) => {
      const since = Date.parse(queryOf(record.exchange.request.url).find(([name]) => name === '_since')?.[1] ?? '');
      const odd = record.resources.find(
        (each) =>
          !free.has(each.resourceType) && each.resourceType !== 'Patient' && Date.parse(asString(at(each, 'meta', 'lastUpdated')) ?? '') < since,
      );
      return check(
        odd === undefined,
        record.exchange,
        `nothing older than ${new Date(since).toISOString()}`,
        odd ? `${key(odd)} of ${at(odd, 'meta', 'lastUpdated')}` : '',
      );
    }),
    faults: [{ name: 'ignores _since', at: 'everything', behaviour: 'everything-ignores-since' }],
  },
  {
    id: 'record.nothing-twice',
    level: 'FAST',
    lines: ['L2'],
    scenarios: ['S3'],
    text: 'Over all pages of a record no resource comes twice, and the pages come to an end.',
    source: useCase('S3, full clinical record; R4 paging'),
    judge: onRecord('whole', (record) => {
      // Includes belong to each page, and an outcome entry has no id to be repeated.
      const keys = record.matches.map(key);
      const twice = keys.find((each, index) => keys.indexOf(each) !== index);
      if (twice !== undefined) return fail(lastPage(record), 'every resource once', `${twice} twice over ${record.pages.length} pages`);
      const next = linkOf(jsonOf(lastPage(record).response), 'next') ?? '';
      const own = parseUrl(record.exchange.request.url)?.origin;
      if (parseUrl(next) !== undefined && parseUrl(next)?.origin !== own)
        return fail(lastPage(record), `a next link on ${own}`, `a next link to ${parseUrl(next)?.origin}, which we did not follow`);
      if (record.pages.some((page) => page.request.url === next))
        return fail(lastPage(record), 'a next link to another page', 'a next link to a page that was read already');
      return record.lost ?? pass;
    }),
    faults: [
      {
        name: 'repeats the last entry on the next page',
        at: 'everything',
        alter: (response, { url }) =>
          isWhole(url) && response.status === 200
            ? { ...response, body: alterEntries(response, (entries) => [...entries, ...entries.slice(-1)]) }
            : response,
        alsoFails: { 'record.same-twice': 'the second reading goes by pages that do not repeat' },
      },
      {
        name: 'offers the same page again and again',
        at: 'everything',
        alter: (response, { url }) =>
          isWhole(url) && response.status === 200
            ? { ...response, body: response.body.replace(/("relation":"next","url":")[^"]+/, `$1${url}`) }
            : response,
        alsoFails: { 'record.complete': 'the other pages are never reached', 'record.references-resolve': 'the other pages are never reached' },
      },
      {
        name: 'sends us to another server for the next page',
        at: 'everything',
        alter: (response, { url }) =>
          isWhole(url) && response.status === 200
            ? { ...response, body: response.body.replace(/("relation":"next","url":")[^"]+/, '$1https://elsewhere.example/page/2') }
            : response,
        alsoFails: { 'record.complete': 'the other pages are never reached', 'record.references-resolve': 'the other pages are never reached' },
      },
    ],
  },
  {
    id: 'record.same-twice',
    level: 'FAST',
    lines: ['L2'],
    scenarios: ['S3'],
    text: 'The same request for a record gives the same record again.',
    source: useCase('S3, full clinical record'),
    judge(evidence) {
      const [once, again] = [recordOf(evidence, 'whole'), recordOf(evidence, 'again')];
      if (!once || !again) return notReached(evidence, { step: 'everything', variant: 'again' });
      const [left, right] = [once, again].map(({ resources }) => new Set(resources.map(key)));
      const odd = [...(left ?? [])].find((each) => !right?.has(each)) ?? [...(right ?? [])].find((each) => !left?.has(each));
      const same = odd === undefined && once.resources.length === again.resources.length;
      const lost = once.lost ?? again.lost;
      if (!same && lost) return lost;
      return check(
        same,
        again.exchange,
        `the same ${once.resources.length} resources`,
        `${again.resources.length} resources${odd === undefined ? '' : `; ${odd} came once only`}`,
      );
    },
    faults: [{ name: 'forgets an entry the second time', at: 'everything', behaviour: 'everything-forgets-on-repeat' }],
  },
  {
    id: 'record.complete',
    level: 'FAST',
    lines: ['L2', 'L4'],
    scenarios: ['S3'],
    text: 'The record holds all that the payer has on the member, and nothing else: compared with what the operator knows.',
    source: useCase('S3, full clinical record; P1'),
    applies: (evidence) =>
      evidence.target.members.known?.holds === undefined
        ? { open: 'What the known member has is not known: list ids by type in members.known.holds.', because: 'target-file' }
        : offered(evidence),
    judge: onRecord('whole', (record, { target }) => {
      // Provenance and what supports a record lie outside R4's Patient compartment, which is all that $everything owes.
      const owed = Object.entries(target.members.known?.holds ?? {}).filter(([type]) => !outsideCompartment.has(type));
      const compared = completeness(record.resources, Object.fromEntries(owed));
      const missing = compared.flatMap((each) => each.missing.map((id) => `${each.type}/${id}`));
      const extra = compared.flatMap((each) => each.extra.map((id) => `${each.type}/${id}`));
      if (record.lost && extra.length === 0) return record.lost;
      return check(
        missing.length === 0 && extra.length === 0,
        record.exchange,
        'what the operator knows of, and nothing else',
        `${missing.length} missing (${missing.slice(0, 4).join(', ')}), ${extra.length} extra (${extra.slice(0, 4).join(', ')})`,
      );
    }),
    faults: [
      {
        name: 'loses the last entry of a page',
        at: 'everything',
        alter: (response, { url }) =>
          isWhole(url) && response.status === 200
            ? { ...response, body: alterEntries(response, (entries) => entries.filter((each) => at(each, 'resource', 'resourceType') !== 'Goal')) }
            : response,
        alsoFails: { 'record.references-resolve': 'the care plan refers to the goal' },
      },
    ],
  },
  {
    id: 'record.references-resolve',
    level: 'FAST',
    lines: ['L2'],
    scenarios: ['S3'],
    text: 'Literal references inside a record to resources of the same server lead to something that is in the record.',
    source: useCase('S3; $everything "all the related information"'),
    judge: onRecord('whole', (record) => {
      const here = new Set(record.resources.map(key));
      const base = record.exchange.request.url.split('/Patient/')[0] ?? '';
      const local = (reference: string) => !/^https?:/.test(reference) || reference.startsWith(`${base}/`);
      for (const resource of record.resources) {
        for (const [, reference = ''] of JSON.stringify(resource).matchAll(/"reference":"([^"#][^"]*)"/g)) {
          const target = local(reference) ? literalReference(reference) : undefined;
          // Another member's Patient, e.g. in a list of attributed members, must not be here.
          const stranger = target?.startsWith('Patient/') === true && target !== `Patient/${patientOf(record)}`;
          if (target !== undefined && !stranger && !here.has(target))
            return record.lost ?? fail(record.exchange, `${target} in the record`, `${key(resource)} refers to it, and it is not there`);
        }
      }
      return pass;
    }),
    faults: [{ name: 'leaves the practitioners out', at: ['everything', 'page'], behaviour: 'everything-without-practitioners' }],
  },
]);
