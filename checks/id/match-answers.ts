import { asArray, asObject, at, isResource, jsonOf } from '../../src/core/fhir.ts';
import { check, fail, notTestable, select, statusOf, worst } from '../../src/core/findings.ts';
import type { Check, Exchange, Json, WireResponse } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { allOf } from '../applies.ts';
import { group } from '../group.ts';
import { identityMatching, r4, useCase } from '../sources.ts';
import { alterEntries, isPatient, notHere } from './alter-matches.ts';
import { instead, issuesIn } from './answers.ts';
import { needsMember, offersAnyMatch, offersMatch } from './applies.ts';
import { matchesIn, onAllMatches, onVariant } from './matches.ts';
import { nearMisses } from './near-misses.ts';

const base = ['match'] as const;
const either = ['match', 'idi-match'] as const;

const certain = (exchange: Exchange): number => matchesIn(exchange).filter((each) => each.grade === 'certain').length;

const onlyCertain = ({ request }: Exchange): boolean => (request.body ?? '').includes('"onlyCertainMatches"');
const gradesOf = (exchange: Exchange): string =>
  matchesIn(exchange)
    .map(({ grade }) => grade ?? 'none')
    .join(', ');

/** Different people among the matches: records joined by Patient.link are one. */
const people = (exchange: Exchange): number => {
  const found = matchesIn(exchange);
  return found.every((each) => each.linked) ? Math.min(1, found.length) : found.length;
};

/** Who is returned, in which order and how surely: the same for Patient/$match and $idi-match. */
export const matchAnswerChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L4'], applies: offersAnyMatch }, [
  {
    id: 'id.match.only-certain',
    level: 'SHOULD',
    text: 'With onlyCertainMatches=true no uncertain or ambiguous patient is returned.',
    source: identityMatching('patient-matching.html'),
    applies: allOf(offersAnyMatch, needsMember('multipleMatch', 'demographics that fit two members')),
    judge: onVariant(either, 'only-certain', (exchange, evidence) => {
      const seen = statusOf(exchange);
      const doubtful = select(evidence, { step: 'match', where: onlyCertain })
        .concat(select(evidence, { step: 'idi-match', where: onlyCertain }))
        .find((each) => matchesIn(each).some(({ grade = 'certain' }) => grade !== 'certain'));
      if (doubtful !== undefined) return fail(doubtful, 'none but certain matches with onlyCertainMatches', gradesOf(doubtful));
      if (seen >= 400 && seen < 500) return { ...fail(exchange, '200 without Patient entries', `status ${seen}`), severity: 'warning' as const };
      return check(
        seen === 200 && people(exchange) <= 1,
        exchange,
        'no or one person with onlyCertainMatches',
        `status ${seen}, ${people(exchange)} people`,
      );
    }),
    faults: [
      { name: 'returns doubtful matches as certain ones', at: ['match', 'idi-match'], behaviour: 'returns-doubtful-matches-as-certain' },
      {
        name: 'returns a doubtful match to onlyCertain (F3.20)',
        at: ['match', 'idi-match'],
        alter: (response, request) =>
          request.body?.includes('"onlyCertainMatches"') ? { ...response, body: response.body.replace('"certain"', '"possible"') } : response,
        alsoFails: { 'id.match.digital-identifier': 'a doubtful match is no exact one' },
      },
    ],
  },
  {
    id: 'id.match.count',
    level: 'SHOULD',
    text: 'count limits the number of returned records.',
    source: r4('operation-patient-match.html'),
    judge: onVariant(either, 'count', (exchange) =>
      check(people(exchange) <= 1, exchange, 'at most one Patient with count=1', `${people(exchange)} Patients`),
    ),
    faults: [{ name: 'ignores count', at: ['match', 'idi-match'], behaviour: 'returns-more-matches-than-asked' }],
  },
  {
    id: 'id.match.order',
    level: 'SHOULD',
    text: 'Matches are ordered from most to least likely.',
    source: identityMatching('patient-matching.html'),
    judge: onVariant(either, 'several', (exchange) => {
      const scores = matchesIn(exchange).flatMap(({ score, linked }) => (typeof score === 'number' && !linked ? [score] : []));
      if (scores.length < 2) return notTestable('Fewer than two scored matches came back, so there is no order to judge.', 'not-offered');
      return check(
        scores.every((score, index) => index === 0 || score <= (scores[index - 1] ?? 1)),
        exchange,
        'scores that never rise',
        scores.join(', '),
      );
    }),
    faults: [{ name: 'puts the least likely first', at: ['match', 'idi-match'], behaviour: 'orders-matches-backwards' }],
  },
  {
    id: 'id.match.no-match',
    level: 'SHALL',
    lines: ['L4', 'L7'],
    text: 'No match is a normal answer without Patient entries, not a server fault.',
    source: r4('operation-patient-match.html'),
    applies: allOf(offersAnyMatch, needsMember('unknown', 'a person whom this payer does not know')),
    judge: onVariant(either, 'unknown', (exchange) => {
      const seen = statusOf(exchange);
      if (exchange.step === 'idi-match' && seen >= 400 && seen < 500 && issuesIn(exchange))
        return { ...fail(exchange, '200 without Patient', `status ${seen}`), severity: 'warning' as const };
      if (seen !== 200) return fail(exchange, '200 with a searchset for an unknown person', `status ${seen}`);
      const found = matchesIn(exchange).length + (isResource(jsonOf(exchange.response), 'Patient') ? 1 : 0);
      return check(found === 0, exchange, 'no Patient for an unknown person', `${found} Patients`);
    }),
    faults: [
      {
        name: 'answers 404 for an unknown person',
        at: 'match',
        alter: (response, request) =>
          isEmptySearchset(response) && !(request.body ?? '').includes('onlyCertainMatches') ? instead(response, 404, notHere) : response,
      },
    ],
  },
  {
    id: 'id.match.grade',
    level: 'SHALL',
    text: 'Entries carry the match-grade extension with certain, probable, possible or certainly-not.',
    source: r4('operation-patient-match.html'),
    applies: offersMatch,
    judge: onAllMatches(base, (exchange) => {
      const grades = new Set(['certain', 'probable', 'possible', 'certainly-not']);
      const odd = matchesIn(exchange).find((each) => !grades.has(each.grade ?? ''));
      return check(odd === undefined, exchange, 'a match-grade in each Patient entry', odd?.grade ?? 'none');
    }),
    faults: [
      {
        name: 'leaves out the grade',
        at: 'match',
        alter: (response) =>
          alterEntries(response, (entry) => {
            const { extension: _, ...search } = asObject(entry['search']);
            return { ...entry, search };
          }),
      },
    ],
  },
  {
    id: 'id.match.score',
    level: 'SHALL',
    text: 'Every Patient entry of a $match answer has a search score from 0 to 1.',
    source: r4('operation-patient-match.html', 'description'),
    applies: offersMatch,
    judge: onAllMatches(base, (exchange) => {
      const odd = matchesIn(exchange).find(({ score }) => typeof score !== 'number' || score < 0 || score > 1);
      return check(odd === undefined, exchange, 'a score from 0 to 1 in each Patient entry', `${odd?.score ?? 'none'}`);
    }),
    faults: [
      {
        name: 'scores in percent',
        at: 'match',
        alter: (response) =>
          alterEntries(response, (entry) =>
            isPatient(entry) ? { ...entry, search: { ...asObject(entry['search']), score: Number(at(entry, 'search', 'score')) * 100 } } : entry,
          ),
      },
    ],
  },
  {
    id: 'id.match.near-miss',
    level: 'FAST',
    text: 'Nobody who is nearly the known member (one letter, names exchanged, twin, parent of the same name, old address, wrong birth year) is matched with certainty.',
    source: useCase('Scenario 1 line 4'),
    judge: (evidence) =>
      worst(
        nearMisses.map((near) =>
          onVariant(either, `near.${near.id}`, (exchange) =>
            check(certain(exchange) === 0, exchange, `no certain match when ${near.title}`, `${certain(exchange)} certain matches`),
          )(evidence),
        ),
      ),
    faults: [
      { name: 'matches without looking at the birth date', at: ['match', 'idi-match'], behaviour: 'matches-without-looking-at-the-birth-date' },
    ],
  },
]);

const isEmptySearchset = (response: WireResponse): boolean => {
  const entries = asArray(at(JSON.parse(response.body) as Json, 'entry'));
  return response.status === 200 && !entries.some(isPatient);
};
