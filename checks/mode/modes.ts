import { hollowIn } from '../../src/core/bare.ts';
import { beside } from '../../src/core/controls.ts';
import { at, entriesOf, isResource, jsonOf } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  headerOf,
  notApplicable,
  notAsked,
  notTestable,
  onFirst,
  pass,
  select,
  statusOf,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, WireRequest, WireResponse } from '../../src/core/model.ts';
import { allScenarios, fhirApi, oneMember, scenariosOf } from '../../src/core/steps.ts';
import { type Applies, declaresOperation } from '../applies.ts';
import { group } from '../group.ts';
import { r4, useCase } from '../sources.ts';

const prefersAsync = ({ request }: Exchange): boolean => /respond-async/i.test(request.headers['prefer'] ?? '');
/** Bulk Data lets a server answer exports and their DELETE asynchronously without being asked. */
const leavesModeOpen = (exchange: Exchange): boolean =>
  exchange.probe === undefined &&
  !prefersAsync(exchange) &&
  !exchange.step.startsWith('bulk.') &&
  [200, 202].includes(statusOf(exchange)) &&
  hollowIn(exchange) === undefined;

const modeOf = (exchange: Exchange): 'sync' | 'async' => (statusOf(exchange) === 202 ? 'async' : 'sync');
const requestKey = ({ request, step }: Exchange): string => `${step} ${request.method} ${request.url} ${request.body ?? ''}`;

/** Same request, same mode. */
function stable(evidence: Evidence): Finding {
  const groups = new Map<string, Exchange[]>();
  for (const exchange of evidence.exchanges.filter(leavesModeOpen))
    groups.set(requestKey(exchange), [...(groups.get(requestKey(exchange)) ?? []), exchange]);
  const repeated = [...groups.values()].filter((each) => each.length > 1);
  const mixed = repeated.find((each) => new Set(each.map(modeOf)).size > 1);
  if (mixed) {
    const last = mixed.find((each) => modeOf(each) === 'async') ?? mixed[0];
    if (last) return fail(last, `the same mode each time for ${last.request.method} ${last.step}`, mixed.map(statusOf).join(', '));
  }
  return repeated.length > 0 ? pass : notTestable('No request was sent twice in this run, so its mode cannot be compared.', 'ours');
}

/** Observed mode equals what the target file declares. */
function asDeclared(evidence: Evidence): Finding {
  const declared = evidence.target.agreement?.mode ?? {};
  const business = evidence.exchanges.filter(
    (each) => leavesModeOpen(each) && ['search', 'read', 'everything', 'care-gaps', 'cds.hook'].includes(each.step),
  );
  const findings = business.flatMap((exchange) =>
    scenariosOf(exchange.step).flatMap((scenario) => {
      const wanted = declared[scenario];
      return wanted === undefined || wanted === 'both' || wanted === modeOf(exchange)
        ? []
        : [
            fail(
              exchange,
              `${scenario} answered ${wanted === 'sync' ? 'synchronously (200)' : 'asynchronously (202)'} as declared`,
              `status ${statusOf(exchange)}`,
            ),
          ];
    }),
  );
  return findings[0] ?? pass;
}

const offersEverything: Applies = declaresOperation('Patient', 'everything');
const isManifest = (exchange: Exchange): boolean => {
  const body = jsonOf(exchange.response);
  const output = at(body, 'output');
  return (Array.isArray(output) && typeof at(body, 'transactionTime') === 'string') || isResource(body, 'Bundle');
};

/** Synchronous or asynchronous, known in advance. */
export const modeChecks: readonly Check[] = group({ lines: ['L5'] }, [
  {
    id: 'mode.declared',
    level: 'FAST',
    scenarios: allScenarios,
    text: 'Each transaction is known in advance to be synchronous or asynchronous.',
    source: useCase('Scenario 1 line 5'),
    about: Object.fromEntries(
      (['empty-bundle', 'empty-list', 'empty-manifest'] as const).map((loss) => [loss, 'the mode shows in the status, not in the content']),
    ),
    judge: (evidence) => worst([stable(evidence), asDeclared(evidence)]),
    faults: [
      { name: 'answers the same question at once and then later', at: 'member-match', behaviour: 'answers-later-the-second-time' },
      {
        name: 'answers searches asynchronously although sync is declared',
        at: 'search',
        alter: (response, { url }) => (url.includes('_include=Coverage') && response.status === 200 ? later(response, url) : response),
      },
    ],
  },
  {
    id: 'mode.async-is-bulk',
    level: 'FAST',
    scenarios: fhirApi,
    text: 'Any 202 with a status URL follows the Bulk Data status, manifest, file and delete rules.',
    source: useCase('Scenario 1 line 5'),
    judge: (evidence) => {
      // Exports are judged by the bulk rows themselves.
      const accepted = evidence.exchanges.filter(
        (each) => !each.step.startsWith('bulk.') && prefersAsync(each) && statusOf(each) === 202 && headerOf(each, 'content-location'),
      );
      if (accepted.length === 0) return notApplicable('No request with Prefer: respond-async was accepted with 202 and Content-Location.');
      const urls = new Set(accepted.map((each) => headerOf(each, 'content-location')));
      const done = evidence.exchanges.filter((each) => urls.has(each.request.url) && each.request.method === 'GET' && statusOf(each) === 200);
      if (done.length === 0) return notTestable('No asynchronous job came to its end in this run.', 'payer');
      return worst(
        done.map((exchange) =>
          check(isManifest(exchange), exchange, 'a Bulk Data manifest (transactionTime, output), or a Bundle', describeBody(exchange)),
        ),
      );
    },
    faults: [{ name: 'ends a job with JSON of its own', at: ['everything', 'bulk.status'], alter: homeMadeJob }],
  },
  {
    id: 'mode.no-dead-end',
    level: 'FAST',
    lines: ['L5', 'L7'],
    scenarios: oneMember,
    text: 'A synchronous request that is too big fails with a hint to use the asynchronous way instead of timing out.',
    source: useCase('Scenario 1 line 5'),
    applies: ({ target }) => target.members.largeRecord !== undefined || notAsked('members.largeRecord', 'a member with a large record'),
    judge: onFirst({ step: 'everything', variant: 'large', where: (each) => each.follows === undefined }, (exchange) => {
      const { error } = exchange;
      if (error) return fail(exchange, 'an answer, a 202, or an error with a FHIR body', error.message);
      const body = jsonOf(exchange.response);
      const seen = statusOf(exchange);
      if ([401, 403, 404, 405].includes(seen)) return notTestable(`The refusal says nothing of size: ${describeBody(exchange)}.`, 'payer');
      if (seen === 200 && isResource(body, 'Bundle') && entriesOf(body).length === 0) return notTestable('The large record came empty.', 'test-data');
      const fine = seen === 202 || (isResource(body) && (seen >= 400 || body.resourceType === 'Bundle'));
      return check(fine, exchange, 'paging, 202, or an error with a FHIR body', describeBody(exchange));
    }),
    faults: [
      {
        name: 'ends in an HTML page of a gateway',
        at: 'everything',
        alter: (response, { url, headers }) =>
          url.includes('$everything') && !/respond-async/.test(headers['prefer'] ?? '') && Number(at(jsonOf(response), 'total')) > 100
            ? {
                status: 504,
                headers: { ...response.headers, 'content-type': 'text/html' },
                body: '<html><title>Gateway timeout. Try again later.</title></html>',
              }
            : response,
      },
    ],
  },
  {
    id: 'mode.prefer-honoured',
    level: 'MAY',
    scenarios: ['S1', 'S3'],
    text: 'A server may honour Prefer: respond-async on other interactions and then sends 202 with Content-Location.',
    source: r4('async.html', 'async.html; RFC 7240 section 4.1'),
    applies: offersEverything,
    judge: onFirst({ step: 'everything', variant: 'respond-async' }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      const whole = select(evidence, { step: 'everything', variant: 'whole' });
      const plain = beside(whole.filter((each) => statusOf(each) === 200)[0] ?? whole[0], '$everything without Prefer', () => pass);
      if (seen === 202) {
        const where = headerOf(exchange, 'content-location') ?? headerOf(exchange, 'location');
        return check(where !== undefined, exchange, 'Content-Location with 202', 'neither Content-Location nor Location');
      }
      if (seen >= 400 && seen < 500) return plain;
      if (seen === 200 && entriesOf(jsonOf(exchange.response)).length === 0) return notTestable('The record came empty.', 'test-data');
      return check(
        seen === 200 && isResource(jsonOf(exchange.response), 'Bundle'),
        exchange,
        '200 with a searchset, 202 or 4xx',
        describeBody(exchange),
      );
    }),
    faults: [
      {
        name: 'answers 202 and does not say where to ask',
        at: 'everything',
        alter: (response, { headers }) => (/respond-async/.test(headers['prefer'] ?? '') ? { status: 202, headers: {}, body: '' } : response),
      },
    ],
  },
]);

const later = (response: WireResponse, url: string): WireResponse => ({
  ...response,
  status: 202,
  headers: { ...response.headers, 'content-location': `${url.split('/fhir/')[0]}/fhir/jobs/assay-mode` },
  body: '',
});

/** $everything is accepted, and its job ends in a shape of its own. */
function homeMadeJob(response: WireResponse, request: WireRequest): WireResponse {
  if (request.url.includes('/jobs/assay-mode')) return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"job":"done"}' };
  return /respond-async/.test(request.headers['prefer'] ?? '') && request.url.includes('$everything') ? later(response, request.url) : response;
}
