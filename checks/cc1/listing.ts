import { honest, refusedBeside } from '../../src/core/controls.ts';
import { asString, at, isResource, jsonOf, linkOf } from '../../src/core/fhir.ts';
import {
  check,
  clientError,
  fail,
  notApplicable,
  notAsked,
  notTestable,
  pass,
  select,
  statusOf,
  unanswered,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Probe, Step } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { parseUrl, sameBase } from '../../src/core/url.ts';
import { alterType, emptySearchset, instead, when, whenAsked } from '../alter.ts';
import { allOf } from '../applies.ts';
import { group } from '../group.ts';
import { repeatedIn } from '../rest/bundles.ts';
import { r4, useCase } from '../sources.ts';
import { hasDirectory, onEndpoints } from './directory.ts';
import { onResource } from './edits.ts';

/** What a directory owes to whoever reads it to the end: pages that end, refusals where a question is not understood, and nothing that anybody can overwrite. */

const steps: readonly Step[] = ['directory.organization', 'directory.endpoint'];
const pagesIn = (evidence: Evidence): readonly Exchange[] =>
  steps.flatMap((step) => select(evidence, { step, where: (each) => statusOf(each) === 200 && isResource(jsonOf(each.response), 'Bundle') }));

/** This page and those before it, back to the question. */
function chainOf(page: Exchange, { exchanges }: Evidence): readonly Exchange[] {
  const before = page.follows === undefined ? undefined : exchanges.find(({ index }) => index === page.follows);
  return before === undefined || before.index >= page.index ? [page] : [...chainOf(before, { exchanges } as Evidence), page];
}

function ends(page: Exchange, evidence: Evidence): Finding {
  const chain = chainOf(page, evidence);
  const next = linkOf(jsonOf(page.response), 'next');
  if (next !== undefined && chain.some(({ request }) => request.url === next))
    return fail(page, 'pages that end', `a next link that leads back to ${next}`);
  const twice = repeatedIn(chain);
  return twice === undefined ? pass : fail(page, 'each match once over all pages', `${twice} more than once`);
}

const unknownModifier: Probe = {
  id: 'directory.unknown-modifier',
  step: 'directory.organization',
  suite: 'directory',
  expected: { status: [400], codes: ['invalid', 'not-supported', 'value', 'processing'], names: ['no-such-modifier', 'name'], action: 'correct' },
  request: ({ target }) =>
    target.directory === undefined
      ? 'the target file names no directory'
      : { method: 'GET', url: `${target.directory.base.replace(/\/+$/, '')}/Organization?name:no-such-modifier=x` },
};

/** Kept by the payer itself, so that what may be written there is its own affair; the body is the Organization just as it was read. */
const anonymousWrite: Probe = {
  id: 'directory.anonymous-write',
  step: 'directory.organization',
  suite: 'directory',
  request: ({ target, notes }) => {
    const { directory, fhir, allow } = target;
    const [resource, id] = [notes['directory.organization'], asString(at(notes['directory.organization'], 'id'))];
    if (directory === undefined || resource === undefined || id === undefined) return 'the payer was not found in a directory';
    if (allow?.writes !== true) return 'the target file does not allow writes (allow.writes)';
    if (parseUrl(directory.base)?.origin !== parseUrl(fhir?.base ?? '')?.origin) return "the directory is not the payer's own";
    const url = `${directory.base.replace(/\/+$/, '')}/Organization/${id}`;
    return { method: 'PUT', url, headers: { 'content-type': 'application/fhir+json' }, body: JSON.stringify(resource), token: 'none' };
  },
};

export const listingChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], applies: hasDirectory }, [
  {
    id: 'cc1.directory.paging',
    level: 'SHALL',
    text: 'The pages of a directory search end, and each match comes once.',
    source: r4('http.html#paging'),
    judge: (evidence) => {
      const pages = pagesIn(evidence);
      if (pages.length === 0) return notTestable('No search of the directory was answered with a Bundle.', 'payer');
      const linked = pages.filter((page) => linkOf(jsonOf(page.response), 'next') !== undefined || page.follows !== undefined);
      return linked.length === 0
        ? notApplicable('Every search of the directory came on one page.')
        : worst(linked.map((page) => ends(page, evidence)));
    },
    faults: [
      {
        name: 'leads from a page to the same page',
        at: 'directory.endpoint',
        alter: whenAsked(
          /connection-type=/,
          alterType('Bundle', (body, { url }) => ({
            ...body,
            link: [
              { relation: 'self', url },
              { relation: 'next', url },
            ],
          })),
        ),
      },
    ],
  },
  {
    id: 'cc1.directory.unknown-modifier',
    level: 'SHALL',
    lines: ['L1', 'L7'],
    text: 'A directory refuses a search with a modifier that it does not support.',
    source: r4('search.html#modifiers'),
    probes: [unknownModifier],
    judge: refusedBeside(
      [{ step: 'directory.organization', probe: unknownModifier.id }],
      honest({ step: 'directory.organization', variant: 'by-name' }),
      (exchange) => clientError(exchange, 'a modifier that is not supported'),
    ),
    faults: [
      { name: 'overlooks a modifier that it does not know', at: 'directory.organization', alter: whenAsked(/no-such-modifier/, emptySearchset) },
    ],
  },
  {
    id: 'cc1.fast.endpoint-period',
    level: 'FAST',
    text: 'The period of an active Endpoint is not over: it is "the interval during which the endpoint is expected to be operational" (R4 Endpoint.period).',
    source: useCase('Scenario 1 line 1'),
    judge: onEndpoints('no active Endpoint whose period is over', (endpoint, evidence) => {
      const end = asString(at(endpoint, 'period', 'end'));
      const [asked] = select(evidence, { step: 'directory.endpoint', variant: 'by-organization' });
      // A day, a month or a year ends when the last place on earth has left it.
      const over = end !== undefined && asked !== undefined && lastMoment(end) < Date.parse(asked.startedAt);
      return endpoint['status'] === 'active' && over ? `active, though its period ended ${end}` : undefined;
    }),
    faults: [
      {
        name: 'lists an Endpoint whose period is over',
        at: 'directory.endpoint',
        alter: onResource('sunrise-crd', (each) => ({ ...each, period: { start: '2019-01-01', end: '2020-12-31' } })),
      },
    ],
  },
  {
    id: 'cc1.fast.directory-no-anonymous-write',
    level: 'FAST',
    lines: ['L1', 'L3'],
    text: 'Advice: a directory that the payer keeps itself cannot be written to without a token.',
    source: useCase('Scenario 1 line 1'),
    applies: allOf(hasDirectory, ({ target }) => {
      if (target.directory?.base === undefined) return true;
      if (target.fhir === undefined) return notAsked('fhir.base', 'the base of the payer, on whose host the directory may be');
      const own = sameBase(parseUrl(target.directory.base)?.origin ?? '', parseUrl(target.fhir.base)?.origin ?? ' ');
      if (!own) return 'The directory is not on the host of the FHIR API, so writing to it is not tried.';
      return target.allow?.writes === true || { open: 'The target file does not allow writes: add allow.writes.', because: 'target-file' };
    }),
    probes: [anonymousWrite],
    judge: refusedBeside(
      [{ step: 'directory.organization', probe: anonymousWrite.id }],
      honest({ step: 'directory.organization', variant: 'payer' }),
      (exchange) =>
        statusOf(exchange) >= 500
          ? (unanswered(exchange) ?? notTestable(`The directory broke down: status ${statusOf(exchange)}.`, 'payer'))
          : check(statusOf(exchange) >= 400, exchange, 'a refusal', `status ${statusOf(exchange)}: anybody may change where this payer is found`),
    ),
    faults: [
      {
        name: 'lets anybody overwrite an Organization',
        at: 'directory.organization',
        alter: when(
          ({ method }) => method === 'PUT',
          instead(200, { resourceType: 'Organization', id: 'sunrise-health-plan', name: 'Sunrise Health Plan' }),
        ),
      },
    ],
  },
]);

/** The last instant that a FHIR dateTime can mean. */
function lastMoment(text: string): number {
  const [year = '', month = '12', day = '31'] = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(text)?.slice(1) ?? [];
  return year === '' ? Date.parse(text) : Date.UTC(Number(year), Number(month) - 1, Number(day) + 1, 12);
}
