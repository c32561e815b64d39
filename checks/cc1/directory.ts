import {
  asArray,
  asString,
  at,
  entriesOf,
  isObject,
  isResource,
  type JsonObject,
  jsonOf,
  linkOf,
  literalReference,
  type Resource,
  resourceOf,
} from '../../src/core/fhir.ts';
import {
  check,
  fail,
  notApplicable,
  notAsked,
  notReached,
  notTestable,
  pass,
  reasonIn,
  select,
  statusOf,
  unanswered,
} from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Json, Step, Variant } from '../../src/core/model.ts';
import type { Applies } from '../applies.ts';
import { pagesUnread } from '../rest/bundles.ts';

/** What the directory was asked and what it said. */

export const directoryStatement = (evidence: Evidence): Resource | undefined => {
  const exchange = select(evidence, { step: 'directory.metadata', where: (each) => statusOf(each) === 200 })[0];
  return resourceOf(exchange, 'CapabilityStatement');
};

export const hasDirectory: Applies = ({ target }) => target.directory !== undefined || notAsked('directory', 'the directory that lists the payer');
export const hasWellKnown: Applies = ({ target }) =>
  target.wellKnown !== undefined || notAsked('wellKnown', "the address of the payer's davinci-configuration file");

/** Honest answers under one name, all pages. */
export const answers = <S extends Step>(evidence: Evidence, step: S, variant: Variant<S>): readonly Exchange[] => select(evidence, { step, variant });

/** Resources that matched, over all pages. */
export const matchesOf = (exchanges: readonly Exchange[], mode = 'match'): readonly Resource[] =>
  exchanges.flatMap((exchange) =>
    entriesOf(jsonOf(exchange.response)).flatMap((entry) => (entry.resource && (entry.mode ?? 'match') === mode ? [entry.resource] : [])),
  );

/** The payer's Organization, read by id or found by identifier. */
export const payerOf = (evidence: Evidence): Resource | undefined => {
  const found = answers(evidence, 'directory.organization', 'payer');
  return found.map((each) => resourceOf(each, 'Organization')).find((each) => each !== undefined) ?? matchesOf(found)[0];
};

/** The payer's own Endpoints. */
export const endpointsOf = (evidence: Evidence): readonly Resource[] =>
  matchesOf(answers(evidence, 'directory.endpoint', 'by-organization')).filter((each) => isResource(each, 'Endpoint'));

export const isFhirRest = (endpoint: Resource): boolean => at(endpoint, 'connectionType', 'code') === 'hl7-fhir-rest';
/** The Endpoint that the suite asks everything about. */
export const knownEndpoint = (evidence: Evidence): Resource | undefined => endpointsOf(evidence).find(isFhirRest) ?? endpointsOf(evidence)[0];

export const idOf = (resource: Resource | undefined): string => asString(resource?.['id']) ?? '';
export const ownerOf = (endpoint: Resource): string | undefined => literalReference(at(endpoint, 'managingOrganization', 'reference'));
export const codingsOf = (concept: Json | undefined): readonly JsonObject[] => asArray(at(concept, 'coding')).filter(isObject);
export const extensionsOf = (value: Json | undefined, url: string): readonly JsonObject[] =>
  asArray(at(value, 'extension'))
    .filter(isObject)
    .filter((each) => each['url'] === url);

/** Judges the last answer of a look-up with the matches of all its pages; a look-up that got no searchset fails. */
export const onSearch =
  <S extends Step>(step: S, variant: Variant<S>, judge: (matches: readonly Resource[], exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = answers(evidence, step, variant);
    const [first] = found;
    if (!first) return notReached(evidence, { step, variant });
    const bad = found.find((each) => statusOf(each) !== 200 || asString(at(jsonOf(each.response), 'type')) !== 'searchset');
    if (bad) return unanswered(bad) ?? fail(bad, 'status 200 with a searchset Bundle', `status ${statusOf(bad)}${reasonIn(bad)}`);
    return judge(matchesOf(found), first, evidence);
  };

/** Judges every Endpoint of the payer; the first that is wrong speaks. `problem` answers with what is wrong, or nothing. */
export const onEndpoints =
  (expected: string, problem: (endpoint: Resource, evidence: Evidence) => string | undefined) =>
  (evidence: Evidence): Finding => {
    const [exchange] = answers(evidence, 'directory.endpoint', 'by-organization');
    const endpoints = endpointsOf(evidence);
    if (!exchange) return payerMissing(evidence) ?? notReached(evidence, { step: 'directory.endpoint', variant: 'by-organization' });
    if (endpoints.length === 0)
      return (
        unanswered(exchange) ??
        (statusOf(exchange) === 200
          ? notApplicable(noEndpoint)
          : notTestable(`The search for Endpoints answered ${statusOf(exchange)}${reasonIn(exchange)}.`, 'payer'))
      );
    for (const endpoint of endpoints) {
      const wrong = problem(endpoint, evidence);
      if (wrong !== undefined) return fail(exchange, expected, `Endpoint/${idOf(endpoint)}: ${wrong}`);
    }
    return pass;
  };

const noEndpoint = 'The directory lists no Endpoint of this payer (told once, by cc1.fast.address-live).';

/** A finding when the directory does not show the payer that the target file names; undefined when it does. */
export function payerMissing(evidence: Evidence): Finding | undefined {
  if (payerOf(evidence)) return undefined;
  const [asked] = answers(evidence, 'directory.organization', 'payer');
  return asked
    ? (unanswered(asked) ??
        notTestable(
          `${asked.request.method} ${asked.request.url} gave status ${statusOf(asked)} and no Organization: check directory.organization or directory.identifier in the target file.`,
          'target-file',
        ))
    : undefined;
}

/** Nobody can compare with an Endpoint or an Organization that was never found. */
export const nothingToFind = (evidence: Evidence): Finding | undefined =>
  payerMissing(evidence) ?? (knownEndpoint(evidence) === undefined ? notApplicable(noEndpoint) : undefined);

/** This resource is among the matches; where pages were not read to their end, it may stand on one of them. */
export function among(matches: readonly Resource[], exchange: Exchange, { exchanges }: Evidence, wanted: Resource | undefined): Finding {
  if (matches.some((each) => each['id'] === wanted?.['id'])) return pass;
  const pages = exchanges.filter(({ step, variant }) => step === exchange.step && variant === exchange.variant);
  return pagesUnread(pages) ?? fail(exchange, `${wanted?.resourceType}/${idOf(wanted)} among the matches`, `${matches.length} matches without it`);
}

/** The known Endpoint is among the matches, and every match fits. */
export const filtered = (
  matches: readonly Resource[],
  exchange: Exchange,
  evidence: Evidence,
  what: string,
  fits: (match: Resource) => boolean,
): Finding => {
  const known = knownEndpoint(evidence);
  const strange = matches.find((each) => !fits(each));
  if (strange) return fail(exchange, `only Endpoints ${what}`, `Endpoint/${idOf(strange)}, which does not fit`);
  return known ? among(matches, exchange, evidence, known) : (nothingToFind(evidence) ?? pass);
};

/** Answers of the addresses that the directory publishes. */
export const addressAnswer = (evidence: Evidence, address: string): Exchange | undefined =>
  select(evidence, { step: 'metadata', probe: 'directory.address' }).find((each) => each.request.url === `${address.replace(/\/+$/, '')}/metadata`);

/** The server understood the parameter: it stands in the self link. */
export const kept = (exchange: Exchange, parameter: string) =>
  check(
    decodeURIComponent(linkOf(jsonOf(exchange.response), 'self') ?? '').includes(`${parameter}=`),
    exchange,
    `${parameter} in the self link`,
    linkOf(jsonOf(exchange.response), 'self') ?? 'no self link',
  );

export const hasEndpoint = (evidence: Evidence): true | string =>
  asArray(payerOf(evidence)?.['endpoint']).length > 0 || 'The Organization lists no endpoint.';

export const included = (exchange: Exchange, reference: string) =>
  check(
    asArray(at(jsonOf(exchange.response), 'entry')).some(
      (each) =>
        at(each, 'search', 'mode') === 'include' &&
        `${String(at(each, 'resource', 'resourceType'))}/${String(at(each, 'resource', 'id'))}` === reference,
    ),
    exchange,
    `${reference} with search.mode include`,
    'it did not come',
  );
