import { lossOf } from '../../src/core/bare.ts';
import { decided, honest, refusedBeside } from '../../src/core/controls.ts';
import { asString, at, type Entry, isObject, jsonOf, linkOf } from '../../src/core/fhir.ts';
import {
  check,
  clientError,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Probe, Step } from '../../src/core/model.ts';
import { allScenarios, oneMember } from '../../src/core/steps.ts';
import { alterType, refuse, whenAsked } from '../alter.ts';
import { anyOf, declaresInteraction } from '../applies.ts';
import { group } from '../group.ts';
import { r4 } from '../sources.ts';
import { bundleIn, isSearch, matchesIn, searchedType, searchsets } from './bundles.ts';

/** Numbers and names that must be true: how many there are, which version it is, and one value for each name. */

/** The pages that follow an answer, as far as they were read. */
function restOf(first: Exchange, { exchanges }: Evidence): readonly Exchange[] {
  const pages: Exchange[] = [first];
  for (const each of exchanges) if (isSearch(each) && each.follows === pages.at(-1)?.index) pages.push(each);
  return pages;
}

function totalTold(first: Exchange, evidence: Evidence): readonly Finding[] {
  const total = at(bundleIn(first), 'total');
  if (typeof total !== 'number' || /[?&]_(?:summary|count=0|total=estimate)/.test(first.request.url)) return [];
  const pages = restOf(first, evidence);
  // What is not marked may have been included: only the type that was searched for counts then.
  const type = searchedType(first);
  const isMatch = ({ mode, resource }: Entry): boolean => mode === 'match' || type === undefined || resource?.resourceType === type;
  const seen = pages.reduce((sum, page) => sum + matchesIn(page).filter(isMatch).length, 0);
  const expected = 'Bundle.total as the number of matches over all pages';
  if (seen > total) return [fail(first, expected, `total ${total}, and ${seen} matches came`)];
  const whole = pages.every((page) => bundleIn(page) !== undefined) && linkOf(bundleIn(pages.at(-1) ?? first), 'next') === undefined;
  // More than came: some may be kept back from this client, so it is said, and not counted against the payer.
  return [whole && seen < total ? warn(first, expected, `total ${total}, and ${seen} matches came`) : pass];
}

const countZero: Probe = {
  id: 'search.count-zero',
  step: 'search',
  suite: 'rest.negatives',
  request: ({ base, patientId }) =>
    base === undefined || patientId === undefined
      ? 'no Patient is known'
      : { method: 'GET', url: `${base}/Observation?patient=${encodeURIComponent(patientId)}&category=laboratory&_count=0`, token: 'default' },
};

/** A number that no resource is changed as often as: a server that counts reads it, and one that does not knows no such version either. */
const unknownVersion: Probe = {
  id: 'vread.unknown-version',
  step: 'vread',
  suite: 'rest.negatives',
  expected: { status: [404], codes: ['not-found'], names: ['version'], action: 'correct' },
  request: ({ base, patientId }) =>
    base === undefined || patientId === undefined
      ? 'no Patient is known'
      : { method: 'GET', url: `${base}/Patient/${encodeURIComponent(patientId)}/_history/987654321`, token: 'default' },
};

const jsonSteps: ReadonlySet<Step> = new Set([
  ...(['metadata', 'read', 'vread', 'search', 'page', 'everything', 'docref', 'member-match', 'match', 'idi-match'] as const),
  ...(['care-gaps', 'group.search', 'group.read', 'group.operation'] as const),
  ...(['directory.metadata', 'directory.organization', 'directory.endpoint'] as const),
]);

export const totalChecks: readonly Check[] = group({ scenarios: oneMember }, [
  {
    id: 'rest.search.total',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: 'Bundle.total, where given, is "the total number of entries of type \'match\' across all pages in the search".',
    source: r4('bundle-definitions.html#Bundle.total'),
    crosses: 'whatever takes matches out of an answer, or adds some, leaves a total that is not theirs',
    judge: (evidence) => {
      const searches = searchsets(evidence).flatMap(([each]) => (each.follows === undefined ? [each] : []));
      if (searches.length === 0) return notReached(evidence, { step: 'search' });
      const told = searches.flatMap((first) => totalTold(first, evidence));
      return told.length === 0 ? notApplicable('No searchset tells a total.') : worst(told);
    },
    faults: [
      {
        name: 'counts the entries of one page as the total',
        at: 'search',
        alter: whenAsked(
          /_count=10/,
          alterType('Bundle', (body) => ({ ...body, total: 3 })),
        ),
      },
      {
        name: 'counts attribution lists that it does not show',
        at: 'group.search',
        alter: alterType('Bundle', (body) => ({ ...body, total: Number(body['total'] ?? 0) + 5 })),
      },
      {
        name: 'has a directory that counts what it does not list',
        at: ['directory.organization', 'directory.endpoint'],
        alter: alterType('Bundle', (body) => ({ ...body, total: Number(body['total'] ?? 0) + 5 })),
      },
    ],
  },
  {
    id: 'rest.search.count-zero',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: 'A search with _count=0 brings no match: "if _count has the value 0, this shall be treated the same as _summary=count".',
    source: r4('search.html#count'),
    applies: declaresInteraction('Observation', 'search-type'),
    about: { 'empty-bundle': 'no match is what was asked for' },
    probes: [countZero],
    judge: onFirst({ step: 'search', probe: countZero.id }, (exchange, evidence) => {
      const none = unanswered(exchange);
      if (none) return none;
      const [control] = select(evidence, { step: 'search', variant: 'category-code' });
      if (!control || bundleIn(control) === undefined)
        return notTestable('The same search without _count was not answered with a searchset.', 'payer');
      if (bundleIn(exchange) === undefined)
        return statusOf(exchange) >= 500
          ? notTestable(`The payer broke down: ${describeBody(exchange)}.`, 'payer')
          : warn(exchange, 'a searchset with the total and without matches', describeBody(exchange));
      const matches = matchesIn(exchange).length;
      if (matches > 0) return fail(exchange, 'no match with _count=0', `${matches} matches`);
      return typeof at(bundleIn(exchange), 'total') === 'number' ? pass : warn(exchange, 'the number of matches in Bundle.total', 'no total');
    }),
    faults: [{ name: 'takes _count=0 for no limit', at: 'search', behaviour: 'takes-no-count-for-no-limit' }],
  },
  {
    id: 'rest.json.unique-names',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    scenarios: allScenarios,
    text: 'Property names are unique in each JSON object: "Property names SHALL be unique".',
    source: r4('json.html'),
    judge: (evidence) => {
      const answers = evidence.exchanges.filter(
        (each) => jsonSteps.has(each.step) && each.probe === undefined && isObject(jsonOf(each.response)) && lossOf(each) === undefined,
      );
      if (answers.length === 0) return notTestable('No FHIR JSON came in this run.', 'payer');
      const odd = answers.find((each) => each.facts?.['json.duplicateNames'] !== undefined);
      const where = odd?.facts?.['json.duplicateNames'] ?? [];
      return odd ? fail(odd, 'every name once in an object', `twice: ${where.slice(0, 3).join(', ')}`) : pass;
    },
    faults: [
      {
        name: 'writes one name twice in a Patient',
        at: 'read',
        alter: (response) => ({
          ...response,
          body: response.body.replace('{"resourceType":"Patient",', '{"resourceType":"Patient","active":false,'),
        }),
      },
    ],
  },
  {
    id: 'rest.version.declared',
    level: 'SHALL',
    lines: ['L2', 'L5'],
    text: 'A payer that declares vread or history-instance on Patient serves them: the version that was just read, and a history that holds it.',
    source: r4('http.html#vread'),
    applies: anyOf(declaresInteraction('Patient', 'vread'), declaresInteraction('Patient', 'history-instance')),
    judge: (evidence) => {
      const asked = select(evidence, { step: 'vread' });
      if (asked.length > 0) return worst(asked.map((exchange) => unanswered(exchange) ?? declaredVersion(exchange)));
      const [read] = select(evidence, { step: 'read', variant: 'known' });
      return read && statusOf(read) === 200 && at(jsonOf(read.response), 'meta', 'versionId') === undefined
        ? fail(read, 'meta.versionId, as versions are declared', 'no versionId')
        : notReached(evidence, { step: 'vread' });
    },
    faults: [
      {
        name: 'declares vread and does not have it',
        at: 'vread',
        alter: refuse(404, 'not-found', 'Versions are not kept. Read the current one without _history.'),
      },
      {
        name: 'answers a vread with another version',
        at: 'vread',
        alter: alterType('Patient', (body) => ({ ...body, meta: { versionId: '4711' } })),
        alsoFails: { 'rest.version.one-content': 'a stamp is part of what is said of a version' },
      },
    ],
  },
  {
    id: 'rest.version.unknown',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A version that never was is not given: the resource that a vread returns has "the content specified for that version of the resource".',
    source: r4('http.html#vread'),
    applies: declaresInteraction('Patient', 'vread'),
    probes: [unknownVersion],
    judge: refusedBeside(
      [{ step: 'vread', probe: unknownVersion.id }],
      honest({ step: 'vread', variant: 'version' }),
      (exchange) => decided(exchange) ?? clientError(exchange, 'a version that never was'),
    ),
    faults: [{ name: 'gives the current version whichever is asked for', at: 'vread', behaviour: 'gives-any-version' }],
  },
]);

/** The version asked for, or a history that has it. */
function declaredVersion(exchange: Exchange): Finding {
  const body = jsonOf(exchange.response);
  const version = /\/_history\/([^/?]+)$/.exec(exchange.request.url)?.[1];
  if (version === undefined)
    return check(
      statusOf(exchange) === 200 && at(body, 'type') === 'history',
      exchange,
      'a Bundle of type history, as declared',
      describeBody(exchange),
    );
  const same = asString(at(body, 'meta', 'versionId')) === decodeURIComponent(version);
  return check(statusOf(exchange) === 200 && same, exchange, `version ${version} of the Patient, as vread is declared`, describeBody(exchange));
}
