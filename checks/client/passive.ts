import type { ClientRow } from '../../src/core/client-row.ts';
import { requestJsonOf } from '../../src/core/fhir.ts';
import { check, pass, worst } from '../../src/core/findings.ts';
import type { Exchange, Finding, Step, WireRequest } from '../../src/core/model.ts';
import { bulkData, r4, rfc, useCase } from '../sources.ts';
import { at, header, onEvery } from './marks.ts';
import { everyScenario } from './scenarios.ts';

/** Rows that no stimulus is needed for: they are judged over everything that was recorded, and never pass for a client that never sent such a request. */

const fhirSteps: readonly Step[] = ['member-match', 'read', 'vread', 'search', 'page', 'everything', 'group.read', 'group.search'];

/** Forms and the JSON of CDS Hooks and UDAP are no resources. */
const bringsResource = (each: Exchange): boolean =>
  at('member-match', 'match', 'idi-match', 'group.operation', 'bulk.kickoff', 'operation')(each) &&
  /^\s*(\{[\s\S]*"resourceType"|<)/.test((each.request.body ?? '').slice(0, 10_000));

const says = (exchange: Exchange, name: string, wanted: RegExp, words: string): Finding =>
  check(
    wanted.test(header(exchange, name)),
    exchange,
    words,
    `${exchange.request.method} ${exchange.request.url} with ${name}: ${header(exchange, name) || 'none'}`,
  );
/** Another header on requests whose URL fits. */
const setting =
  (url: RegExp, name: string, value: string) =>
  (request: WireRequest): WireRequest =>
    url.test(request.url) ? { ...request, headers: { ...request.headers, [name]: value } } : request;

const named = (text: string | undefined): boolean => /\baccess_token=/.test(text ?? '');
const tokenElsewhere = (exchange: Exchange): Finding => {
  const { url, headers, body } = exchange.request;
  const places = { URL: /[?&]access_token=/.test(url), Referer: named(headers['referer']), cookie: named(headers['cookie']), form: named(body) };
  const place = Object.entries(places).find(([, there]) => there)?.[0];
  return place === undefined ? pass : check(false, exchange, 'the bearer token in the Authorization header only', `a token in the ${place}`);
};

export const passiveRows: readonly ClientRow[] = [
  {
    id: 'client.version.content-type',
    level: 'SHALL',
    text: 'Bodies that are FHIR resources are sent as application/fhir+json or application/fhir+xml.',
    source: r4('http.html#mime-type'),
    lines: ['L1'],
    scenarios: everyScenario,
    judge: onEvery('FHIR body', bringsResource, (each) =>
      worst([
        says(each, 'content-type', /^application\/fhir\+(json|xml)\b|^text\/turtle\b/i, 'Content-Type application/fhir+json or application/fhir+xml'),
        check(
          !/\+json/i.test(header(each, 'content-type')) || requestJsonOf(each.request) !== undefined,
          each,
          'a body that is JSON, as its Content-Type says',
          (each.request.body ?? '').slice(0, 80),
        ),
      ]),
    ),
    faults: [
      { name: 'kicks exports off as application/json', sends: setting(/\$davinci-data-export/, 'content-type', 'application/json') },
      { name: 'sends $member-match as application/json', sends: setting(/\$member-match/, 'content-type', 'application/json') },
    ],
  },
  {
    id: 'client.version.accept',
    level: 'FAST',
    text: 'Every FHIR request states in Accept the format the client can read.',
    source: useCase('Requirement line L1 discovery'),
    lines: ['L1'],
    scenarios: everyScenario,
    judge: onEvery('FHIR request', at(...fhirSteps), (each) =>
      /[?&]_format=/.test(each.request.url)
        ? pass
        : says(each, 'accept', /application\/(fhir\+)?(json|xml)/i, 'a FHIR media type in Accept, or _format'),
    ),
    faults: [{ name: 'accepts anything', sends: setting(/\/Patient\//, 'accept', '*/*') }],
  },
  {
    id: 'client.trust.token.header-only',
    level: 'SHOULD',
    text: 'The bearer token travels in the Authorization header and nowhere else.',
    source: rfc(6750, '2012', '2.1'),
    lines: ['L3'],
    scenarios: everyScenario,
    judge: onEvery(
      'request with a bearer token',
      (each) => header(each, 'authorization') !== '' || [each.request.url, header(each, 'cookie'), each.request.body].some(named),
      tokenElsewhere,
    ),
    faults: [
      {
        name: 'puts the token into the URL',
        sends: (request) => (/\/Patient\/[^$/?]+$/.test(request.url) ? { ...request, url: `${request.url}?access_token=abc` } : request),
      },
    ],
  },
  {
    id: 'client.bulk.kickoff.headers',
    level: 'SHOULD',
    text: 'The kick-off has Prefer: respond-async and Accept: application/fhir+json.',
    source: bulkData('export.html#headers'),
    lines: ['L5'],
    scenarios: ['S5'],
    judge: onEvery('kick-off', at('bulk.kickoff'), (each) =>
      worst([
        says(each, 'accept', /application\/fhir\+json/i, 'Accept with application/fhir+json'),
        says(each, 'prefer', /\brespond-async\b/i, 'Prefer: respond-async'),
      ]),
    ),
    faults: [
      { name: 'kicks off with Accept: application/json', sends: setting(/\$(davinci-data-)?export/, 'accept', 'application/json') },
      {
        name: 'kicks off with Prefer: return=minimal only',
        sends: setting(/\$(davinci-data-)?export/, 'prefer', 'return=minimal'),
        alsoFails: { 'client.bulk.kickoff.pdex': 'the same header is asked of $davinci-data-export' },
      },
    ],
  },
  {
    id: 'client.bulk.poll.accept',
    level: 'SHOULD',
    text: 'Status requests ask for application/json.',
    source: bulkData('export.html#bulk-data-status-request'),
    lines: ['L5'],
    scenarios: ['S5'],
    judge: onEvery('status request', at('bulk.status'), (each) => says(each, 'accept', /application\/json/i, 'Accept with application/json')),
    faults: [{ name: 'polls with Accept: application/fhir+ndjson', sends: setting(/\/jobs\//, 'accept', 'application/fhir+ndjson') }],
  },
];
