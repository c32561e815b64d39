import { asString, at, isResource, jsonOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notApplicable, notTestable, onFirst, pass, select, status, statusOf, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, WireRequest } from '../../src/core/model.ts';
import { oneMember } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { alterType, refuse, when } from '../alter.ts';
import { declaresInteraction, declaresSearchParam } from '../applies.ts';
import { group } from '../group.ts';
import { r4, usCore } from '../sources.ts';
import { bundleIn, isFinding, matchedBy, matchesIn, type Paged } from './bundles.ts';

/** GET Condition?patient=<id> and nothing else. */
export const plainCondition = ({ method, url }: WireRequest): boolean => method === 'GET' && /\/Condition\?patient=[^&/%]+$/.test(url);

/** The plain search, or its repetition with a status where the payer insists on one. */
const byPatient = (evidence: Evidence): Exchange | undefined => {
  const [first] = select(evidence, { step: 'search', variant: 'by-patient' });
  const [again] = select(evidence, { step: 'search', variant: 'by-patient-status' });
  return again ?? first;
};
export const matchedByPatient = (evidence: Evidence): readonly string[] | Finding =>
  matchedBy(evidence, select(evidence, { step: 'search', variant: 'by-patient-status' }).length > 0 ? 'by-patient-status' : 'by-patient');

const onByPatient =
  (judge: (exchange: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const exchange = byPatient(evidence);
    return exchange?.response ? judge(exchange) : onFirst({ step: 'search', variant: 'by-patient' }, () => pass)(evidence);
  };

const searchesConditions = declaresInteraction('Condition', 'search-type');

/** Both questions bring the same resources. */
export function sameMatches(evidence: Evidence, variant: Paged, expected: readonly string[] | Finding): Finding {
  const found = matchedBy(evidence, variant);
  if (isFinding(expected)) return expected;
  const [exchange] = select(evidence, { step: 'search', variant });
  if (!exchange) return isFinding(found) ? found : notTestable(`No ${variant} was asked.`, 'ours');
  if (statusOf(exchange) >= 400) return fail(exchange, 'status 200 with the same matches', `status ${statusOf(exchange)}`);
  if (isFinding(found)) return found;
  const missing = expected.filter((key) => !found.includes(key));
  const extra = found.filter((key) => !expected.includes(key));
  return check(
    missing.length + extra.length === 0,
    exchange,
    `the same ${expected.length} matches`,
    `${found.length} matches; missing ${missing.join(', ') || 'none'}; extra ${extra.join(', ') || 'none'}`,
  );
}

export const searchChecks: readonly Check[] = group({ scenarios: oneMember, lines: ['L2', 'L5'], applies: searchesConditions }, [
  {
    id: 'rest.search.bundle',
    level: 'SHALL',
    text: 'A successful search returns 200 and a searchset Bundle.',
    source: r4('http.html#search'),
    judge: onByPatient((exchange) => {
      const body = jsonOf(exchange.response);
      const type = asString(at(body, 'type'));
      return check(
        statusOf(exchange) === 200 && isResource(body, 'Bundle') && type === 'searchset',
        exchange,
        '200 with a Bundle of type searchset',
        isResource(body, 'Bundle') ? `status ${statusOf(exchange)} with a Bundle of type ${type ?? 'absent'}` : describeBody(exchange),
      );
    }),
    faults: [
      {
        name: 'answers a search with a collection',
        at: 'search',
        alter: when(
          plainCondition,
          alterType('Bundle', (body) => ({ ...body, type: 'collection' })),
        ),
      },
    ],
  },
  {
    id: 'rest.search.get',
    level: 'SHALL',
    text: 'US Core servers support GET search for all required interactions.',
    source: usCore('general-requirements.html'),
    holds: [{ ig: guides.usCore, from: '4.0.0' }],
    judge: onByPatient((exchange) => status(exchange, 200)),
    faults: [
      {
        name: 'does not allow GET for a search',
        at: 'search',
        alter: when(plainCondition, refuse(405, 'not-supported', 'Search by POST only.')),
        alsoFails: {
          'rest.search.bundle': 'a search that is refused brings no searchset either',
          'sec.condition.patient': 'the section of problems is this very search',
          'rest.usc.status-required': 'a 405 without a way to repeat the search breaks this row too',
        },
      },
    ],
  },
  {
    id: 'rest.search.post',
    level: 'SHALL',
    text: 'Search by POST to _search gives the same result as GET.',
    source: r4('http.html#search'),
    judge: (evidence) => sameMatches(evidence, 'post', matchedByPatient(evidence)),
    faults: [
      {
        name: 'offers no _search',
        at: 'search',
        alter: when(
          ({ method, url, headers }) => method === 'POST' && url.endsWith('/Condition/_search') && headers['content-type']?.includes('form') === true,
          refuse(405, 'not-supported', 'Use GET.'),
        ),
      },
    ],
  },
  {
    id: 'rest.search.empty-is-ok',
    level: 'SHOULD',
    text: 'A logical mismatch such as an unknown code gives an empty searchset with 200.',
    source: r4('search.html#errors'),
    applies: declaresSearchParam('Observation', 'patient', 'code'),
    judge: onFirst({ step: 'search', variant: 'no-match' }, (exchange) => {
      if (statusOf(exchange) !== 200) return fail(exchange, '200 with an empty searchset', describeBody(exchange));
      return check(
        bundleIn(exchange) !== undefined && matchesIn(exchange).length === 0,
        exchange,
        'a searchset without matches',
        describeBody(exchange),
      );
    }),
    faults: [
      {
        name: 'answers an unknown code with 404',
        at: 'search',
        alter: when(({ url }) => /00000-0/.test(url), refuse(404, 'not-found', 'Nothing was found.')),
      },
    ],
  },
  {
    id: 'rest.search.id-exact',
    level: 'SHALL',
    lines: ['L2'],
    text: '_id is matched exactly, case included.',
    source: r4('search.html#id'),
    applies: declaresInteraction('Patient', 'search-type'),
    judge: (evidence) =>
      worst([
        onFirst({ step: 'search', variant: 'id' }, (exchange) =>
          check(matchesIn(exchange).length === 1, exchange, 'exactly one Patient for its _id', `${matchesIn(exchange).length} matches`),
        )(evidence),
        onFirst({ step: 'search', variant: 'id-case' }, (exchange) => {
          const [honest] = select(evidence, { step: 'search', variant: 'id' });
          if (honest?.request.url === exchange.request.url) return notApplicable('The id has no letters, so case cannot be tried.');
          const asked = queryOf(exchange.request.url).find(([name]) => name === '_id')?.[1];
          const loose = matchesIn(exchange).filter((entry) => entry.resource?.['id'] !== asked);
          return check(loose.length === 0, exchange, 'no match for an id in other case', `${loose.length} matches`);
        })(evidence),
      ]),
    faults: [{ name: 'ignores the case of ids', at: 'search', behaviour: 'ignores-case-of-ids' }],
  },
]);
