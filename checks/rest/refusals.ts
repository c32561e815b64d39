import { isResource, jsonOf } from '../../src/core/fhir.ts';
import { all, check, clientError, describeBody, onFirst, status, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Expected, Finding, NonEmpty, Probe } from '../../src/core/model.ts';
import { oneMember } from '../../src/core/steps.ts';
import { withQuery } from '../../src/core/url.ts';
import { emptySearchset, refuse, when } from '../alter.ts';
import { declaresInteraction, declaresSearchParam } from '../applies.ts';
import { group } from '../group.ts';
import { r4, usCore } from '../sources.ts';
import { notFound, unknownId } from './reading.ts';

const wrong = (names: NonEmpty<string>, ...statuses: readonly number[]): Expected => ({
  status: [400, ...statuses],
  codes: ['invalid', 'value', 'not-supported', 'structure', 'code-invalid', 'processing', 'not-found'],
  names,
  action: 'correct',
});

/** A search for the known member that is wrong in one way. */
const probe = (
  id: string,
  type: string,
  parameters: (patient: string) => Readonly<Record<string, string>>,
  expected?: Expected,
  headers?: Readonly<Record<string, string>>,
): Probe => ({
  id,
  step: 'search',
  suite: 'rest.negatives',
  ...(expected === undefined ? {} : { expected }),
  request: ({ base, patientId }) =>
    base === undefined || patientId === undefined
      ? 'no Patient is known'
      : { method: 'GET', url: withQuery(`${base}/${type}`, parameters(patientId)), ...(headers === undefined ? {} : { headers }), token: 'default' },
});

const withOutcome = (exchange: Exchange): Finding =>
  check(isResource(jsonOf(exchange.response), 'OperationOutcome'), exchange, 'an OperationOutcome that says what is wrong', describeBody(exchange));
const refusedWithOutcome = (what: string) => (exchange: Exchange) =>
  all(
    () => clientError(exchange, what),
    () => withOutcome(exchange),
  );

const strict = probe('search.strict', 'Condition', (patient) => ({ patient, foo: 'bar' }), wrong(['foo']), { prefer: 'handling=strict' });
const lenient = probe('search.lenient', 'Condition', (patient) => ({ patient, foo: 'bar' }), undefined, { prefer: 'handling=lenient' });
const badDate = probe('search.bad-date', 'Observation', (patient) => ({ patient, category: 'laboratory', date: '23 May 2009' }), wrong(['date']));
const noSuchType = probe('search.no-such-type', 'NoSuchType', () => ({ x: '1' }), wrong(['NoSuchType'], 404, 403, 405));
const modifier = probe(
  'search.unsupported-modifier',
  'Patient',
  () => ({ 'identifier:no-such-modifier': 'x' }),
  wrong(['no-such-modifier', 'identifier']),
);
const namedQuery = probe(
  'search.unknown-query',
  'Patient',
  (patient) => ({ _query: 'no-such-query-zz', _id: patient }),
  wrong(['_query', 'no-such-query-zz']),
);
const badBirthdate = probe('search.bad-birthdate', 'Patient', () => ({ birthdate: 'notadate', name: 'Castillo' }), wrong(['birthdate']));

const at = (part: string) => (request: { readonly url: string }) => request.url.includes(part);

export const refusalChecks: readonly Check[] = group({ scenarios: oneMember, lines: ['L7'] }, [
  {
    id: 'rest.search.strict',
    level: 'SHOULD',
    lines: ['L2', 'L7'],
    text: 'With Prefer: handling=strict an unknown parameter gives an error.',
    source: r4('search.html#errors'),
    applies: declaresInteraction('Condition', 'search-type'),
    probes: [strict],
    judge: onFirst({ step: 'search', probe: strict.id }, refusedWithOutcome('an unknown parameter under handling=strict')),
    faults: [
      {
        name: 'ignores unknown parameters even when asked to be strict',
        at: 'search',
        alter: when(({ headers }) => headers['prefer'] === 'handling=strict', emptySearchset),
      },
    ],
  },
  {
    id: 'rest.search.lenient',
    level: 'SHOULD',
    lines: ['L2', 'L7'],
    text: 'With Prefer: handling=lenient an unknown parameter is ignored and left out of the self link.',
    source: r4('search.html#errors'),
    applies: declaresInteraction('Condition', 'search-type'),
    probes: [lenient],
    judge: onFirst({ step: 'search', probe: lenient.id }, (exchange) => status(exchange, 200)),
    faults: [
      {
        name: 'refuses an unknown parameter even when asked to be lenient',
        at: 'search',
        alter: when(
          ({ headers }) => headers['prefer'] === 'handling=lenient',
          refuse(400, 'not-supported', 'The search parameter foo is not known. Remove it and search again.'),
        ),
      },
    ],
  },
  {
    id: 'rest.search.bad-syntax',
    level: 'SHOULD',
    text: 'A syntactically wrong parameter value gives a 4xx error with OperationOutcome.',
    source: r4('search.html#errors'),
    applies: declaresSearchParam('Observation', 'patient', 'date'),
    probes: [badDate],
    judge: onFirst({ step: 'search', probe: badDate.id }, refusedWithOutcome('a value that is no date')),
    faults: [{ name: 'drops a date filter that it cannot read', at: 'search', alter: when(at('23%20May'), emptySearchset) }],
  },
  {
    id: 'rest.search.unsupported-type',
    level: 'SHALL',
    text: 'A search on an unsupported resource type is an error, not an empty result.',
    source: r4('http.html#search'),
    probes: [noSuchType],
    judge: onFirst({ step: 'search', probe: noSuchType.id }, (exchange) => clientError(exchange, 'a search on a type that is not supported')),
    faults: [
      { name: 'finds nothing where it should say that it does not know the type', at: 'search', alter: when(at('NoSuchType'), emptySearchset) },
    ],
  },
  {
    id: 'rest.search.unsupported-modifier',
    level: 'SHALL',
    text: 'A modifier that is not supported is refused.',
    source: r4('search.html#modifiers'),
    applies: declaresSearchParam('Patient', 'identifier'),
    probes: [modifier],
    judge: onFirst({ step: 'search', probe: modifier.id }, (exchange) => clientError(exchange, 'a modifier that is not supported')),
    faults: [{ name: 'ignores a modifier that it does not know', at: 'search', alter: when(at('no-such-modifier'), emptySearchset) }],
  },
  {
    id: 'rest.search.unknown-query',
    level: 'SHALL',
    text: 'A search with an unknown _query name is refused.',
    source: r4('search.html#query'),
    applies: declaresInteraction('Patient', 'search-type'),
    probes: [namedQuery],
    judge: onFirst({ step: 'search', probe: namedQuery.id }, (exchange) => clientError(exchange, 'an unknown _query')),
    faults: [{ name: 'ignores _query', at: 'search', alter: when(at('_query='), emptySearchset) }],
  },
  {
    id: 'rest.usc.response-classes',
    level: 'SHALL',
    text: 'A US Core server uses 400 for an invalid parameter and 404 for an unknown resource.',
    source: usCore('CapabilityStatement-us-core-server.html', 'rest.documentation'),
    holds: [{ ig: guides.usCore, from: '3.1.1' }],
    applies: declaresSearchParam('Patient', 'birthdate'),
    probes: [badBirthdate, unknownId],
    judge: (evidence) =>
      worst([
        onFirst({ step: 'search', probe: badBirthdate.id }, (exchange) => status(exchange, 400))(evidence),
        onFirst({ step: 'read', probe: unknownId.id }, (exchange) =>
          statusOf(exchange) === 403 ? warn(exchange, 'status 404', 'status 403') : notFound(exchange),
        )(evidence),
      ]),
    faults: [{ name: 'answers an invalid birthdate with 200', at: 'search', alter: when(at('birthdate=notadate'), emptySearchset) }],
  },
]);
