import { refusal } from '../../src/core/controls.ts';
import {
  asArray,
  asObject,
  asString,
  at,
  entriesOf,
  isObject,
  type JsonObject,
  jsonOf,
  linkOf,
  literalReference,
  type Resource,
  resourceOf,
} from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  notReached,
  notTestable,
  onEach,
  onFirst,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, ClaimKey, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { sameJson } from '../../src/core/same.ts';
import { queryOf } from '../../src/core/url.ts';
import { follows } from '../applies.ts';
import { onJson, refuse, where } from '../bulk/alter.ts';
import { ownAnswer } from '../bulk/controls.ts';
import { group } from '../group.ts';
import { carinBB } from '../sources.ts';

const eob = 'ExplanationOfBenefit';
const at2 = (evidence: Evidence, variant: ClaimKey): Exchange | undefined => select(evidence, { step: 'search', variant: `claims/${variant}` })[0];

/** Matches of a search, outcomes and includes left out. */
const matches = (exchange: Exchange): readonly Resource[] =>
  entriesOf(jsonOf(exchange.response)).flatMap(({ mode, resource }) =>
    resource && resource.resourceType !== 'OperationOutcome' && mode !== 'include' ? [resource] : [],
  );

/** First and last day of a Period or of single dates. */
const days = (...values: readonly (Json | undefined)[]): readonly string[] => values.flatMap((each) => asString(each)?.slice(0, 10) ?? []);
const serviceDays = (row: Resource): readonly string[] => [
  ...days(at(row, 'billablePeriod', 'start'), at(row, 'billablePeriod', 'end')),
  ...asArray(row['item']).flatMap((item) => days(at(item, 'servicedDate'), at(item, 'servicedPeriod', 'start'), at(item, 'servicedPeriod', 'end'))),
];

/** `system|code` against codings or identifiers. */
const hasToken = (values: readonly Json[], wanted: string): boolean => {
  const [system, code] = wanted.includes('|') ? wanted.split('|') : [undefined, wanted];
  return values.some(
    (each) => (at(each, 'code') ?? at(each, 'value')) === code && (system === undefined || system === '' || at(each, 'system') === system),
  );
};

/** Does a claim fit one search parameter? Dates: the value without its prefix, to the day. */
function fits(row: Resource, name: string, value: string): boolean {
  const [, prefix = '', date = ''] = /^(ge|gt|le|lt|eq)?(.*)$/.exec(value) ?? [];
  const seen = (all: readonly string[]): boolean => all.some((day) => (prefix === 'ge' ? day >= date : day.startsWith(date)));
  switch (name) {
    case '_id':
      return row['id'] === value;
    case 'patient':
      return literalReference(at(row, 'patient', 'reference')) === `Patient/${value.replace(/^Patient\//, '')}`;
    case 'type':
      return hasToken(asArray(at(row, 'type', 'coding')), value);
    case 'identifier':
      return hasToken(asArray(row['identifier']), value);
    case '_lastUpdated':
      return seen(days(at(row, 'meta', 'lastUpdated')));
    case 'billable-period-start':
      return seen(days(at(row, 'billablePeriod', 'start')));
    case 'service-date':
    case 'service-start-date': {
      // A span that begins before the day and ends after it holds the day too.
      const all = serviceDays(row);
      return seen(all) || (prefix === '' && all.some((day) => day <= date) && all.some((day) => day >= date));
    }
    default:
      return true;
  }
}

/** A search by these parameters answered with claims that fit all of them, the known one among them. */
function fitting(exchange: Exchange, id: string | undefined): Finding {
  const none = unanswered(exchange);
  if (none) return none;
  const seen = statusOf(exchange);
  const parameters = queryOf(exchange.request.url).filter(([name]) => !['_include', '_count'].includes(name));
  const asked = parameters.map(([name, value]) => `${name}=${value}`).join('&');
  const wantsPatient = [400, 403].includes(seen) && /patient/i.test(exchange.response?.body ?? '');
  if (wantsPatient) return warn(exchange, `${eob}?${asked} answered`, `status ${seen}: it asks for patient`);
  if (seen !== 200) return fail(exchange, `a searchset for ${asked}`, describeBody(exchange));
  const odd = matches(exchange).find((row) => row.resourceType !== eob || !parameters.every(([name, value]) => fits(row, name, value)));
  if (odd) return fail(exchange, `only claims that fit ${asked}`, `${odd.resourceType}/${asString(odd['id']) ?? ''} does not`);
  const found = id === undefined || matches(exchange).some((row) => row['id'] === id) || linkOf(jsonOf(exchange.response), 'next') !== undefined;
  return check(found, exchange, `${eob}/${id}, which has these values`, `${matches(exchange).length} others`);
}

/** The claim whose values the searches use. */
const knownId = (evidence: Evidence): string | undefined => {
  const byId = at2(evidence, '_id');
  return byId ? queryOf(byId.request.url).find(([name]) => name === '_id')?.[1] : undefined;
};

const since2: readonly ClaimKey[] = ['service-start-date', 'billable-period-start'];

/** Content without what a search may add and what a server may generate. */
const plain = (resource: Resource | undefined): Json => {
  const { meta, text: _text, ...rest }: JsonObject = resource ?? {};
  const { tag: _tag, ...kept } = asObject(meta);
  return { ...rest, meta: kept };
};

const eachMatch = (change: (row: JsonObject) => Json) =>
  onJson((bundle) => ({
    ...bundle,
    entry: asArray(bundle['entry']).map((entry) =>
      isObject(entry) && isObject(entry['resource']) && at(entry, 'search', 'mode') === 'match'
        ? { ...entry, resource: change(entry['resource']) }
        : entry,
    ),
  }));
const longAgo = { start: '1999-01-01', end: '1999-01-01' } as const;

export const claimsSearchChecks: readonly Check[] = group({ scenarios: ['S1', 'S6'], lines: ['L2'], holds: [{ ig: guides.c4bb }] }, [
  {
    id: 'claims.eob.search',
    level: 'SHALL',
    text: 'ExplanationOfBenefit can be searched by _id, patient, _lastUpdated, type, identifier, service-date, service-start-date and billable-period-start.',
    source: carinBB('CapabilityStatement-c4bb.html'),
    judge: (evidence) => {
      const later = follows(guides.c4bb, '2.0.0')(evidence) === true;
      const names: readonly ClaimKey[] = ['patient', '_id', '_lastUpdated', 'type', 'identifier', 'service-date', ...(later ? since2 : [])];
      const tried = names.flatMap((name) => at2(evidence, name) ?? []);
      if (tried.length === 0) return notReached(evidence, { step: 'search', variant: 'claims/patient' });
      if (tried.length === 1 && statusOf(tried[0] as Exchange) === 200 && matches(tried[0] as Exchange).length === 0)
        return notTestable('The known member has no claim, so nothing can be searched for.', 'test-data');
      return worst(tried.map((exchange) => fitting(exchange, exchange.variant === 'claims/patient' ? undefined : knownId(evidence))));
    },
    faults: [
      {
        name: 'ignores service-date',
        at: 'search',
        alter: where(
          /\?service-date=[^&]+$/,
          eachMatch((row) => ({
            ...row,
            billablePeriod: longAgo,
            item: asArray(row['item']).map((item) => ({ ...asObject(item), servicedDate: '1999-01-01' })),
          })),
        ),
      },
    ],
  },
  {
    id: 'claims.eob.read-coverage',
    level: 'SHALL',
    text: 'Coverage and ExplanationOfBenefit support read and search.',
    source: carinBB('CapabilityStatement-c4bb.html'),
    judge: (evidence) => {
      const brings =
        (type: string) =>
        (exchange: Exchange): Finding =>
          check(statusOf(exchange) === 200 && resourceOf(exchange, type) !== undefined, exchange, `200 with a ${type}`, describeBody(exchange));
      const finds = (exchange: Exchange): Finding =>
        check(
          statusOf(exchange) === 200 && matches(exchange).length > 0,
          exchange,
          '200 with the Coverage that was asked for',
          describeBody(exchange),
        );
      return worst([
        onFirst({ step: 'read', variant: 'claims/eob' }, brings(eob))(evidence),
        onFirst({ step: 'read', variant: 'claims/coverage' }, brings('Coverage'))(evidence),
        ...(follows(guides.c4bb, '2.0.0')(evidence) === true ? [onFirst({ step: 'search', variant: 'claims/coverage' }, finds)(evidence)] : []),
      ]);
    },
    faults: [
      {
        name: 'does not let Coverage be searched by id',
        at: 'search',
        alter: where(/\/Coverage\?_id=[^&]+$/, refuse(405, 'not-supported', 'Coverage cannot be searched. Correct the request: read it by its id.')),
      },
    ],
  },
  {
    id: 'claims.unauthorized',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'Unauthorized requests are rejected with 401, 403 or 404.',
    source: carinBB('CapabilityStatement-c4bb.html', 'CapabilityStatement-c4bb.html rest.security'),
    judge: onEach({ step: 'search', probe: 'claims.no-token' }, (exchange, evidence) =>
      refusal(exchange, ownAnswer(evidence, exchange), 'The same search with a token', () =>
        check([401, 403, 404].includes(statusOf(exchange)), exchange, '401, 403 or 404 without a token', describeBody(exchange)),
      ),
    ),
    faults: [
      {
        name: 'lets claims be searched without a token',
        at: 'search',
        alter: (response, request) =>
          request.headers['authorization'] === undefined && /ExplanationOfBenefit\?patient=/.test(request.url)
            ? { status: 200, headers: { 'content-type': 'application/fhir+json' }, body: '{"resourceType":"Bundle","type":"searchset","total":0}' }
            : response,
      },
    ],
  },
  {
    id: 'claims.eob.include',
    level: 'SHALL',
    text: 'Resources an EOB refers to come by _include and by read, with the same content.',
    source: carinBB('CapabilityStatement-c4bb.html', 'CapabilityStatement-c4bb.html ExplanationOfBenefit'),
    judge: (evidence) => {
      const patient = resourceOf(select(evidence, { step: 'read', variant: 'claims/patient' })[0], 'Patient');
      const included = (exchange: Exchange, type: string): Resource | undefined =>
        entriesOf(jsonOf(exchange.response)).find(({ resource }) => resource?.resourceType === type)?.resource;
      return worst([
        onFirst({ step: 'search', variant: 'claims/include' }, (exchange) => {
          const found = included(exchange, 'Patient');
          if (!found) return fail(exchange, 'the Patient included', statusOf(exchange) === 200 ? 'no Patient in the Bundle' : describeBody(exchange));
          return patient === undefined
            ? notTestable('The Patient could not be read to compare.', 'payer')
            : check(sameJson(plain(found), plain(patient)), exchange, 'the same Patient as by read', 'other content');
        })(evidence),
        onFirst({ step: 'search', variant: 'claims/include-all' }, (exchange) =>
          check(
            statusOf(exchange) === 200 && included(exchange, 'Patient') !== undefined && included(exchange, 'Coverage') !== undefined,
            exchange,
            'Patient and Coverage included by _include=ExplanationOfBenefit:*',
            describeBody(exchange),
          ),
        )(evidence),
      ]);
    },
    faults: [
      {
        name: 'ignores _include',
        at: 'search',
        alter: where(
          /_id=[^&]+&_include=ExplanationOfBenefit%3Apatient$/,
          onJson((bundle) => ({ ...bundle, entry: asArray(bundle['entry']).filter((entry) => at(entry, 'search', 'mode') === 'match') })),
        ),
      },
    ],
  },
  {
    id: 'claims.eob.search-combination',
    level: 'SHALL',
    text: 'EOB search parameters work in combination.',
    source: carinBB('CapabilityStatement-c4bb.html', 'CapabilityStatement-c4bb.html rest.documentation 6'),
    judge: onFirst({ step: 'search', variant: 'claims/combination' }, (exchange, evidence) => fitting(exchange, knownId(evidence))),
    faults: [
      {
        name: 'applies the first of several parameters only',
        at: 'search',
        alter: where(
          /patient=[^&]+&type=[^&]+&service-date=ge[0-9-]+$/,
          eachMatch((row) => ({
            ...row,
            billablePeriod: longAgo,
            item: asArray(row['item']).map((item) => ({ ...asObject(item), servicedDate: '1999-01-01' })),
          })),
        ),
      },
    ],
  },
]);
