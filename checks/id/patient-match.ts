import { asArray, asObject, asString, at, isResource, jsonOf, parameterOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notReached, notTestable, pass, select, statusOf, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Json, WireResponse } from '../../src/core/model.ts';
import { allOf } from '../applies.ts';
import { bend, instead, issuesIn } from './answers.ts';
import { claimsIdentityMatching, needsMember, offersAnyMatch, offersIdiMatch, offersMatch } from './applies.ts';
import { matchBundle, matchesIn, onAllMatches, onVariant, organizationsIn } from './matches.ts';
import { nearMisses } from './near-misses.ts';

const idi = ['idi-match'] as const;
const base = ['match'] as const;
const either = ['match', 'idi-match'] as const;

/** Changes the searchset in an answer, wrapped or not. */
function bendBundle(response: WireResponse, change: (bundle: Readonly<Record<string, Json>>) => Json): WireResponse {
  return bend(response, (body) => {
    if (body['resourceType'] === 'Bundle') return change(body);
    const parameters = asArray(body['parameter']).map((each) =>
      at(each, 'name') === 'IDIMatchBundle' ? { ...asObject(each), resource: change(asObject(at(each, 'resource'))) } : each,
    );
    return body['parameter'] === undefined ? body : { ...body, parameter: parameters };
  });
}

const bendEntries = (response: WireResponse, change: (entry: Readonly<Record<string, Json>>) => Json | undefined): WireResponse =>
  bendBundle(response, (bundle) => ({ ...bundle, entry: asArray(bundle['entry']).flatMap((each) => change(asObject(each)) ?? []) }));

const isPatient = (entry: Json): boolean => at(entry, 'resource', 'resourceType') === 'Patient';
const certain = (exchange: Exchange): number => matchesIn(exchange).filter((each) => each.grade === 'certain').length;

/** Different people among the matches: records joined by Patient.link are one. */
const people = (exchange: Exchange): number => {
  const found = matchesIn(exchange);
  return found.every((each) => each.linked) ? Math.min(1, found.length) : found.length;
};

function supported(evidence: Evidence) {
  const asked = either.flatMap((step) => select(evidence, { step, variant: 'known' }));
  const [first] = asked;
  if (!first) return notReached(evidence, { step: 'idi-match', variant: 'known' });
  const missing = (exchange: Exchange) => [404, 405, 501].includes(statusOf(exchange));
  const answered = asked.find((each) => !missing(each));
  if (!answered) return fail(first, '200 on $idi-match, $IDI-match or $match', `status ${asked.map(statusOf).join(', ')}`);
  if ([401, 403].includes(statusOf(answered))) return notTestable(`The payer did not let us match (status ${statusOf(answered)}).`);
  return check([200, 400, 422].includes(statusOf(answered)), answered, '200 for full demographics', describeBody(answered));
}

/** FHIR Patient/$match and Identity Matching. */
export const patientMatchChecks: readonly Check[] = [
  {
    id: 'id.match.supported',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'A system that claims Identity Matching supports Patient $match (or the profiled IDI match).',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/patient-matching.html',
      section: 'patient-matching.html',
    },
    applies: offersAnyMatch,
    judge: supported,
    faults: [
      {
        name: 'answers 404 although the operation is declared',
        at: ['match', 'idi-match'],
        alter: (response) => instead(response, 404, notHere),
      },
    ],
  },
  {
    id: 'id.match.output-bundle',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'The IDI answer is Parameters with one IDIMatchBundle whose Bundle.type is searchset.',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/StructureDefinition-idi-match-bundle.html',
      section: 'StructureDefinition-idi-match-bundle.html',
    },
    applies: offersIdiMatch,
    judge: onVariant(idi, 'known', (exchange) => {
      if (statusOf(exchange) !== 200) return pass;
      const body = jsonOf(exchange.response);
      const type = at(parameterOf(body, 'IDIMatchBundle')?.['resource'], 'type');
      return check(
        isResource(body, 'Parameters') && type === 'searchset',
        exchange,
        'Parameters with an IDIMatchBundle of type searchset',
        describeBody(exchange),
      );
    }),
    faults: [
      {
        name: 'sends another type of Bundle',
        at: 'idi-match',
        alter: (response) => bendBundle(response, (bundle) => ({ ...bundle, type: 'collection' })),
      },
      {
        name: 'sends a bare Patient',
        at: 'idi-match',
        alter: (response) => (response.status === 200 ? instead(response, 200, { resourceType: 'Patient', id: 'p-1' }) : response),
        alsoFails: {
          'id.match.digital-identifier': 'a bare Patient is not found in the Bundle that the row looks into',
          'id.match.no-match': 'a Patient is returned for nobody as well',
        },
      },
    ],
  },
  {
    id: 'id.match.full-url',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'fullUrl values are absolute server URLs, never urn:uuid or urn:oid.',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/StructureDefinition-idi-match-bundle.html',
      section: 'StructureDefinition-idi-match-bundle.html',
    },
    applies: offersIdiMatch,
    judge: onAllMatches(idi, (exchange) => {
      const odd = asArray(at(matchBundle(exchange), 'entry')).find((each) => !/^https?:\/\//.test(asString(at(each, 'fullUrl')) ?? ''));
      return check(odd === undefined, exchange, 'an absolute http(s) fullUrl in each entry', asString(at(odd, 'fullUrl')) ?? 'none');
    }),
    faults: [
      {
        name: 'uses urn:uuid as fullUrl',
        at: 'idi-match',
        alter: (response) => bendEntries(response, (entry) => ({ ...entry, fullUrl: 'urn:uuid:0c7a9a3e-6f2b-4f5e-9a3c-0d9f4a1b2c3d' })),
      },
    ],
  },
  {
    id: 'id.match.organization',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'The match Bundle contains the responding Organization and Bundle.identifier.assigner.',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/StructureDefinition-idi-match-bundle.html',
      section: 'StructureDefinition-idi-match-bundle.html',
    },
    applies: offersIdiMatch,
    judge: onAllMatches(idi, (exchange) => {
      if (organizationsIn(exchange) === 0) return fail(exchange, 'an entry with the responding Organization', 'none');
      const identifier = at(matchBundle(exchange), 'identifier');
      return check(
        at(identifier, 'assigner') !== undefined,
        exchange,
        'Bundle.identifier with an assigner',
        identifier === undefined ? 'no identifier' : 'no assigner',
      );
    }),
    faults: [
      {
        name: 'leaves out the Organization',
        at: 'idi-match',
        alter: (response) => bendEntries(response, (entry) => (isPatient(entry) ? entry : undefined)),
      },
      {
        name: 'leaves out the identifier of the Bundle',
        at: 'idi-match',
        alter: (response) => bendBundle(response, ({ identifier: _, ...bundle }) => bundle),
      },
    ],
  },
  {
    id: 'id.match.only-certain',
    level: 'SHOULD',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'With onlyCertainMatches=true no uncertain or ambiguous patient is returned.',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/patient-matching.html',
      section: 'patient-matching.html',
    },
    applies: allOf(offersAnyMatch, needsMember('twin', 'demographics that fit two members')),
    judge: onVariant(either, 'only-certain', (exchange) => {
      const seen = statusOf(exchange);
      if (seen >= 400 && seen < 500) return { ...fail(exchange, '200 without Patient entries', `status ${seen}`), severity: 'warning' as const };
      return check(
        seen === 200 && people(exchange) <= 1,
        exchange,
        'no or one person with onlyCertainMatches',
        `status ${seen}, ${people(exchange)} people`,
      );
    }),
    faults: [{ name: 'returns doubtful matches as certain ones', at: ['match', 'idi-match'], behaviour: 'returns-doubtful-matches-as-certain' }],
  },
  {
    id: 'id.match.count',
    level: 'SHOULD',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'count limits the number of returned records.',
    source: {
      ig: 'hl7.fhir.r4.core',
      version: '4.0.1',
      url: 'http://hl7.org/fhir/R4/operation-patient-match.html',
      section: 'operation-patient-match.html',
    },
    applies: offersAnyMatch,
    judge: onVariant(either, 'count', (exchange) =>
      check(people(exchange) <= 1, exchange, 'at most one Patient with count=1', `${people(exchange)} Patients`),
    ),
    faults: [{ name: 'ignores count', at: ['match', 'idi-match'], behaviour: 'ignores-count' }],
  },
  {
    id: 'id.match.order',
    level: 'SHOULD',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'Matches are ordered from most to least likely.',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/patient-matching.html',
      section: 'patient-matching.html',
    },
    applies: offersAnyMatch,
    judge: onVariant(either, 'several', (exchange) => {
      const scores = matchesIn(exchange).flatMap(({ score, linked }) => (typeof score === 'number' && !linked ? [score] : []));
      if (scores.length < 2) return notTestable('Fewer than two scored matches came back, so there is no order to judge.');
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
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'No match is a normal answer without Patient entries, not a server fault.',
    source: {
      ig: 'hl7.fhir.r4.core',
      version: '4.0.1',
      url: 'http://hl7.org/fhir/R4/operation-patient-match.html',
      section: 'operation-patient-match.html',
    },
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
    id: 'id.match.base-profile',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'The base IDI Patient profile is accepted as input.',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/patient-matching.html',
      section: 'patient-matching.html',
    },
    applies: allOf(offersIdiMatch, claimsIdentityMatching('1.0.0')),
    judge: onVariant(idi, 'base-profile', (exchange) =>
      check(statusOf(exchange) === 200, exchange, '200 for the base IDI Patient profile', describeBody(exchange)),
    ),
    faults: [
      {
        name: 'accepts weighted profiles only',
        at: 'idi-match',
        behaviour: 'accepts-weighted-profiles-only',
        alsoFails: { 'id.match.no-match': 'the unknown person is asked with the base profile too' },
      },
    ],
  },
  {
    id: 'id.match.digital-identifier',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'A request with the HL7 Person Identifier of a known patient returns that patient.',
    source: {
      ig: 'hl7.fhir.us.identity-matching',
      version: '2.0.0',
      url: 'http://hl7.org/fhir/us/identity-matching/digital-identity.html',
      section: 'digital-identity.html',
    },
    applies: allOf(offersIdiMatch, claimsIdentityMatching('2.0.0'), ({ target }) =>
      typeof target.claims?.['digital-identifier'] === 'string'
        ? true
        : 'the target file names no digital identifier (claims.digital-identifier) of the known member',
    ),
    judge: onVariant(idi, 'digital-identifier', (exchange, { target }) => {
      const wanted = target.members.known?.patientId;
      const found = matchesIn(exchange).map((each) => each.id);
      const right = wanted === undefined ? found.length === 1 : found.includes(wanted);
      return check(
        statusOf(exchange) === 200 && right,
        exchange,
        'the patient of this digital identifier',
        `status ${statusOf(exchange)}, ${found.length} Patients`,
      );
    }),
    faults: [{ name: 'ignores the digital identifier', at: 'idi-match', behaviour: 'ignores-the-digital-identifier' }],
  },
  {
    id: 'id.match.grade',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'Entries carry the match-grade extension with certain, probable, possible or certainly-not.',
    source: {
      ig: 'hl7.fhir.r4.core',
      version: '4.0.1',
      url: 'http://hl7.org/fhir/R4/operation-patient-match.html',
      section: 'operation-patient-match.html',
    },
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
        alter: (response) => bendEntries(response, (entry) => ({ ...entry, search: { ...asObject(entry['search']), extension: [] } })),
      },
    ],
  },
  {
    id: 'id.match.score',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'Every Patient entry of a $match answer has a search score from 0 to 1.',
    source: { ig: 'hl7.fhir.r4.core', version: '4.0.1', url: 'http://hl7.org/fhir/R4/operation-patient-match.html', section: 'description' },
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
          bendEntries(response, (entry) =>
            isPatient(entry) ? { ...entry, search: { ...asObject(entry['search']), score: Number(at(entry, 'search', 'score')) * 100 } } : entry,
          ),
      },
    ],
  },
  {
    id: 'id.match.near-miss',
    level: 'FAST',
    lines: ['L4'],
    scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
    text: 'Nobody who is nearly the known member (one letter, names exchanged, twin, parent of the same name, old address, wrong birth year) is matched with certainty.',
    source: { ig: 'FAST', version: 'use case', url: 'provider requests patient information from plan', section: 'Scenario 1 line 4' },
    applies: offersAnyMatch,
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
];

const notHere = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'error',
      code: 'not-found',
      details: { text: 'Nothing is found here. Correct the URL and send the request again.' },
      diagnostics: 'trace 5f1c0d2e',
    },
  ],
};

const isEmptySearchset = (response: WireResponse): boolean => {
  const entries = asArray(at(JSON.parse(response.body) as Json, 'entry'));
  return response.status === 200 && !entries.some(isPatient);
};
