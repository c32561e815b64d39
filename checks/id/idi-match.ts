import { asArray, asString, at, isResource, jsonOf, parameterOf } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  notAsked,
  notReached,
  notTestable,
  pass,
  reasonIn,
  select,
  statusOf,
  unanswered,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { allOf } from '../applies.ts';
import { group } from '../group.ts';
import { identityMatching } from '../sources.ts';
import { alterBundle, alterEntries, isPatient, notHere } from './alter-matches.ts';
import { instead } from './answers.ts';
import { offersAnyMatch, offersIdiMatch } from './applies.ts';
import { matchBundle, matchesIn, onAllMatches, onVariant, organizationsIn } from './matches.ts';

const idi = ['idi-match'] as const;
const either = ['match', 'idi-match'] as const;

function supported(evidence: Evidence) {
  const asked = either.flatMap((step) => select(evidence, { step, variant: 'known' }));
  const [first] = asked;
  if (!first) return notReached(evidence, { step: 'idi-match', variant: 'known' });
  const missing = (exchange: Exchange) => [404, 405, 501].includes(statusOf(exchange));
  const silent = asked.map(unanswered).find((each) => each !== undefined);
  if (asked.some((each) => statusOf(each) === 200)) return pass;
  if (silent) return silent;
  const there = asked.filter((each) => !missing(each));
  const last = there.at(-1);
  if (!last) return fail(first, '200 on $idi-match, $IDI-match or $match', `status ${asked.map(statusOf).join(', ')}${reasonIn(first)}`);
  if ([401, 403].includes(statusOf(last))) return notTestable(`The payer did not let us match (status ${statusOf(last)}).`, 'payer');
  return [400, 422].includes(statusOf(last))
    ? notTestable(`The payer refuses each form that we ask in (status ${statusOf(last)}${reasonIn(last)}).`, 'payer')
    : fail(last, '200 for full demographics', describeBody(last));
}

/** Identity Matching's $idi-match, and that one of the match operations answers at all. */
export const idiMatchChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L4'], applies: offersIdiMatch }, [
  {
    id: 'id.match.supported',
    level: 'SHALL',
    text: 'A system that claims Identity Matching supports Patient $match (or the profiled IDI match).',
    source: identityMatching('patient-matching.html'),
    applies: offersAnyMatch,
    judge: supported,
    faults: [
      { name: 'answers 404 although the operation is declared', at: ['match', 'idi-match'], alter: (response) => instead(response, 404, notHere) },
    ],
  },
  {
    id: 'id.match.output-bundle',
    level: 'SHALL',
    text: 'The IDI answer is Parameters with one IDIMatchBundle whose Bundle.type is searchset.',
    source: identityMatching('StructureDefinition-idi-match-bundle.html'),
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
        alter: (response) => alterBundle(response, (bundle) => ({ ...bundle, type: 'collection' })),
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
    text: 'fullUrl values are absolute server URLs, never urn:uuid or urn:oid.',
    source: identityMatching('StructureDefinition-idi-match-bundle.html'),
    judge: onAllMatches(idi, (exchange) => {
      const odd = asArray(at(matchBundle(exchange), 'entry')).find((each) => !/^https?:\/\//.test(asString(at(each, 'fullUrl')) ?? ''));
      return check(odd === undefined, exchange, 'an absolute http(s) fullUrl in each entry', asString(at(odd, 'fullUrl')) ?? 'none');
    }),
    faults: [
      {
        name: 'uses urn:uuid as fullUrl',
        at: 'idi-match',
        alter: (response) => alterEntries(response, (entry) => ({ ...entry, fullUrl: 'urn:uuid:0c7a9a3e-6f2b-4f5e-9a3c-0d9f4a1b2c3d' })),
      },
    ],
  },
  {
    id: 'id.match.organization',
    level: 'SHALL',
    text: 'The match Bundle contains the responding Organization and Bundle.identifier.assigner.',
    source: identityMatching('StructureDefinition-idi-match-bundle.html'),
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
        alter: (response) => alterEntries(response, (entry) => (isPatient(entry) ? entry : undefined)),
      },
      {
        name: 'leaves out the identifier of the Bundle',
        at: 'idi-match',
        alter: (response) => alterBundle(response, ({ identifier: _, ...bundle }) => bundle),
      },
    ],
  },
  {
    id: 'id.match.base-profile',
    level: 'SHALL',
    text: 'The base IDI Patient profile is accepted as input.',
    source: identityMatching('patient-matching.html'),
    holds: [{ ig: guides.identityMatching, from: '1.0.0' }],
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
    text: 'A request with the HL7 Person Identifier of a known patient returns that patient.',
    source: identityMatching('digital-identity.html'),
    holds: [{ ig: guides.identityMatching, from: '2.0.0' }],
    applies: allOf(offersIdiMatch, ({ target }) =>
      typeof target.statements?.['digital-identifier'] === 'string'
        ? true
        : target.statements?.['digital-identifier'] === false
          ? 'The target file says that the known member has no digital identifier (statements.digital-identifier).'
          : notAsked('statements.digital-identifier', 'the HL7 Person Identifier of the known member'),
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
]);
