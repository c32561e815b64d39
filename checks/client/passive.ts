import type { ClientRow } from '../../src/core/client-row.ts';
import { check, pass, worst } from '../../src/core/findings.ts';
import type { Exchange, Finding, Step, WireRequest } from '../../src/core/model.ts';
import { bulkData, r4, rfc, useCase } from '../sources.ts';
import { at, header, onEvery } from './marks.ts';
import { everyScenario } from './scenarios.ts';

/** Rows that no stimulus is needed for: they are judged over everything that was recorded, and never pass for a client that never sent such a request. */

const fhirSteps: readonly Step[] = ['member-match', 'read', 'vread', 'search', 'page', 'everything', 'group.read', 'group.search'];

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

const tokenElsewhere = (exchange: Exchange): Finding => {
  const { url, headers } = exchange.request;
  const place = /[?&]access_token=/.test(url) ? 'URL' : /access_token=/.test(headers['referer'] ?? '') ? 'Referer' : undefined;
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
    judge: onEvery('FHIR body', at('member-match'), (each) =>
      says(each, 'content-type', /^application\/fhir\+(json|xml)\b|^text\/turtle\b/i, 'Content-Type application/fhir+json or application/fhir+xml'),
    ),
    faults: [{ name: 'sends $member-match as application/json', sends: setting(/\$member-match/, 'content-type', 'application/json') }],
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
      (each) => header(each, 'authorization') !== '' || /access_token=/.test(each.request.url),
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
