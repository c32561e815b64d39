import { directoryRead, directorySearch } from '../../src/client/requests/directory.ts';
import { asArray, asString, at, isJsonMedia, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import { all, check, fail, notReached, onEach, onFirst, pass, select, status, statusOf, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Known, Probe, RequestSpec, Step } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { set, whenAsked } from '../alter.ts';
import { group } from '../group.ts';
import { planNet, useCase } from '../sources.ts';
import { answers, directoryStatement, filtered, hasDirectory, idOf, kept, matchesOf, onSearch, ownerOf } from './directory.ts';
import { adding, refused, strayEndpoint } from './edits.ts';

/** How a Plan-Net directory answers, and what it says of the payer's Organization. */

const probe = (id: string, names: readonly string[], wanted: 400 | 404, make: (base: string) => RequestSpec): Probe => ({
  id: `directory.${id}`,
  step: 'directory.endpoint',
  suite: 'directory',
  expected: { status: [wanted], codes: wanted === 404 ? ['not-found'] : ['value', 'invalid', 'processing'], names, action: 'correct' },
  request: ({ target }: Known) => (target.directory ? make(target.directory.base) : 'the target file names no directory'),
});
const badDate = probe('bad-date', ['_lastUpdated', 'date'], 400, (base) => directorySearch(base, 'Endpoint', { _lastUpdated: 'notadate' }));
const unknownId = probe('unknown-id', ['Endpoint', 'id'], 404, (base) => directoryRead(base, 'Endpoint/no-such-endpoint'));

const directorySteps: readonly Step[] = ['directory.metadata', 'directory.organization', 'directory.endpoint'];
const everything = (evidence: Evidence): readonly Exchange[] =>
  directorySteps.flatMap((step) => select(evidence, { step, where: (each) => each.response !== null }));

export const directoryChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], holds: [{ ig: guides.planNet }] }, [
  {
    id: 'cc1.plannet.no-consumer-identity',
    level: 'SHALL',
    text: 'The directory must not demand consumer identifying data to answer a content query.',
    source: planNet('implementation.html', 'implementation.html privacy'),
    judge: (evidence) => {
      const refused = everything(evidence).find(
        (each) => /member|patient|subscriber|user login|consumer/i.test(each.response?.body ?? '') && [400, 401, 403, 422].includes(statusOf(each)),
      );
      if (refused) return fail(refused, 'answers without data of a consumer', `status ${statusOf(refused)}: ${refused.response?.body ?? ''}`);
      return everything(evidence).some((each) => statusOf(each) === 200) ? pass : notReached(evidence, { step: 'directory.endpoint' });
    },
    faults: [
      {
        name: 'wants a member id before it answers',
        at: 'directory.organization',
        alter: whenAsked(/\?name=zz/, (response) => ({
          ...response,
          status: 403,
          body: JSON.stringify({
            resourceType: 'OperationOutcome',
            issue: [
              {
                severity: 'error',
                code: 'required',
                details: { text: 'A member id must be supplied with every directory query. Add it and try again.' },
              },
            ],
          }),
        })),
        alsoFails: { 'cc1.fast.unknown-payer': 'the same query' },
      },
    ],
  },
  {
    id: 'cc1.plannet.no-auth',
    level: 'SHOULD',
    text: 'Access to the directory does not require authentication.',
    source: planNet('implementation.html#privacy-considerations', 'implementation.html privacy considerations'),
    judge: onEach({ step: 'directory.endpoint', variant: 'by-id' }, (exchange) =>
      statusOf(exchange) === 401 || statusOf(exchange) === 403
        ? fail(exchange, 'an answer without Authorization', `status ${statusOf(exchange)}`)
        : pass,
    ),
    faults: [
      {
        name: 'wants a token',
        at: 'directory.endpoint',
        alter: (response, request) =>
          /\?_id=[^&]+$/.test(request.url) ? { ...response, status: 401, headers: { ...response.headers, 'www-authenticate': 'Bearer' } } : response,
        alsoFails: { 'cc1.plannet.endpoint.search': 'the search that is refused' },
      },
    ],
  },
  {
    id: 'cc1.plannet.instantiates',
    level: 'SHALL',
    text: 'A Plan-Net server says in CapabilityStatement.instantiates that it implements the Plan-Net capability statement.',
    source: planNet('confexpectations.html'),
    holds: [{ ig: guides.planNet, from: '1.2.0' }],
    judge: onFirst({ step: 'directory.metadata' }, (exchange, evidence) => {
      const named = asArray(directoryStatement(evidence)?.['instantiates']).flatMap((each) => asString(each)?.split('|')[0] ?? []);
      if (named.includes('http://hl7.org/fhir/us/davinci-pdex-plan-net/CapabilityStatement/plan-net')) return pass;
      // The 1.2.0 page prints the drug formulary's canonical here, a copy error that some will have followed.
      return named.includes('http://hl7.org/fhir/us/davinci-drug-formulary/CapabilityStatement/usdf-server')
        ? { ...pass, note: 'It instantiates the drug formulary server, as the Plan-Net 1.2.0 page prints by mistake.' }
        : fail(exchange, 'instantiates with the Plan-Net CapabilityStatement', named.join(', ') || 'no instantiates');
    }),
    faults: [{ name: 'does not say that it instantiates Plan-Net', at: 'directory.metadata', alter: set({ instantiates: undefined }) }],
  },
  {
    id: 'cc1.plannet.response-classes',
    level: 'SHALL',
    lines: ['L1', 'L7'],
    text: 'The directory uses 400 for an invalid parameter and 404 for an unknown resource.',
    source: planNet('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html rest.documentation'),
    probes: [badDate, unknownId],
    judge: (evidence) =>
      worst([
        onEach({ step: 'directory.endpoint', probe: badDate.id }, (exchange) => status(exchange, 400))(evidence),
        onEach({ step: 'directory.endpoint', probe: unknownId.id }, (exchange) => status(exchange, 404))(evidence),
      ]),
    faults: [
      {
        name: 'takes a bad date for none',
        at: 'directory.endpoint',
        alter: whenAsked(/=notadate/, (response) => ({
          ...response,
          status: 200,
          body: JSON.stringify({ resourceType: 'Bundle', type: 'searchset', total: 0 }),
        })),
      },
    ],
  },
  {
    id: 'cc1.plannet.chaining',
    level: 'SHALL',
    text: 'Forward chaining works on search parameters that list it, so endpoints can be found by the name of the payer.',
    source: planNet(
      'CapabilityStatement-plan-net.html',
      'rest.documentation; SearchParameter-endpoint-organization chain name, address, partof, type',
    ),
    judge: onSearch('directory.endpoint', 'chained', (matches, exchange, evidence) => {
      const byName = matchesOf(answers(evidence, 'directory.organization', 'by-name')).map((each) => `Organization/${idOf(each)}`);
      return all(
        () => kept(exchange, 'organization.name'),
        () =>
          filtered(
            matches,
            exchange,
            evidence,
            'of organizations with that name',
            (each) => byName.length === 0 || byName.includes(ownerOf(each) ?? ''),
          ),
      );
    }),
    faults: [{ name: 'ignores a chained parameter', at: 'directory.endpoint', alter: whenAsked(/organization\.name=/, adding(strayEndpoint)) }],
  },
  {
    id: 'cc1.plannet.search-combination',
    level: 'SHALL',
    text: 'Search parameters work individually and in combination.',
    source: planNet('CapabilityStatement-plan-net.html', 'rest.documentation'),
    judge: (evidence) =>
      all(
        () =>
          onSearch('directory.endpoint', 'combined-past', (matches, exchange) => filtered(matches, exchange, evidence, 'asked for', () => true))(
            evidence,
          ),
        () =>
          onSearch('directory.endpoint', 'combined-future', (matches, exchange) =>
            check(matches.length === 0, exchange, 'no match: the second parameter lies in the future', `${matches.length} matches`),
          )(evidence),
      ),
    faults: [
      {
        name: 'reads the first of two parameters only',
        at: 'directory.endpoint',
        alter: whenAsked(/organization=.*_lastUpdated=gt/, adding(strayEndpoint)),
      },
    ],
  },
  {
    id: 'cc1.plannet.format-json',
    level: 'SHALL',
    text: 'All Plan-Net interactions support JSON.',
    source: planNet('CapabilityStatement-plan-net.html', 'rest.documentation'),
    judge: (evidence) => {
      const odd = everything(evidence).find((each) => statusOf(each) === 406 || (statusOf(each) === 200 && !isJsonMedia(mediaTypeOf(each.response))));
      if (odd)
        return fail(
          odd,
          'JSON, because application/fhir+json was asked for',
          `status ${statusOf(odd)}, Content-Type ${mediaTypeOf(odd.response) || 'absent'}`,
        );
      return everything(evidence).some((each) => statusOf(each) === 200) ? pass : notReached(evidence, { step: 'directory.endpoint' });
    },
    faults: [
      {
        name: 'cannot answer a search in JSON',
        at: 'directory.organization',
        alter: whenAsked(/_revinclude=/, refused(406, 'not-supported')),
        alsoFails: { 'cc1.plannet.org.revinclude-endpoint': 'the search that is refused' },
      },
    ],
  },
  {
    id: 'cc1.fast.unknown-payer',
    level: 'FAST',
    lines: ['L1', 'L7'],
    text: 'A lookup for a payer the directory does not know gives an empty result, not an error.',
    source: useCase('Scenario 1 line 7'),
    holds: [],
    applies: hasDirectory,
    judge: onEach({ step: 'directory.organization', variant: 'unknown-payer' }, (exchange) =>
      all(
        () => status(exchange, 200),
        () => check(at(jsonOf(exchange.response), 'type') === 'searchset', exchange, 'an empty searchset', 'another body'),
        () => check(matchesOf([exchange]).length === 0, exchange, 'no match', `${matchesOf([exchange]).length} matches`),
      ),
    ),
    faults: [
      { name: 'answers 404 to a name it does not know', at: 'directory.organization', alter: whenAsked(/\?name=zz/, refused(404, 'not-found')) },
    ],
  },
]);
