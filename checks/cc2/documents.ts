import { hollowIn } from '../../src/core/bare.ts';
import { asArray, asObject, asString, at, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import { fail, notTestable, select } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';

/** The documents that several trust rows read. */

const firstSmart = (evidence: Evidence): Exchange | undefined => select(evidence, { step: 'smart.configuration' })[0];

/** The smart-configuration document, when one was served. */
export function smartDocument(evidence: Evidence): JsonObject | undefined {
  const exchange = firstSmart(evidence);
  const value = exchange?.response?.status === 200 ? jsonOf(exchange.response) : undefined;
  return isObject(value) ? value : undefined;
}

/** Judges the smart-configuration document; without one, `cc2.smart.wellknown.available` has spoken. */
export const onSmart =
  (judge: (document: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const [exchange, document] = [firstSmart(evidence), smartDocument(evidence)];
    return exchange && document ? judge(document, exchange, evidence) : notTestable('There is no smart-configuration document to judge.', 'payer');
  };

/** Array of strings, or undefined. */
export const stringsOf = (value: Json | undefined): readonly string[] | undefined =>
  Array.isArray(value) && value.every((each) => typeof each === 'string') ? (value as readonly string[]) : undefined;

/** The member's strings contain one of these. */
export function lists(document: JsonObject, exchange: Exchange, member: string, ...wanted: readonly string[]): Finding {
  const seen = stringsOf(document[member]);
  return seen && wanted.some((each) => seen.includes(each))
    ? { outcome: 'pass' }
    : fail(exchange, `${member} with ${wanted.join(' or ')}`, `${member}: ${show(document[member])}`);
}

export const show = (value: Json | undefined): string => (value === undefined ? 'absent' : JSON.stringify(value));

/** The access token response's members. */
export const tokenAnswer = (exchange: Exchange): JsonObject => asObject(jsonOf(exchange.response));
export const tokenIn = (exchange: Exchange): string | undefined => asString(at(jsonOf(exchange.response), 'access_token'));

/** Scopes that came with a token; RFC 6749 section 5.1: absent means as asked for. */
export function grantedScopes(exchange: Exchange): readonly string[] {
  const told = asString(at(jsonOf(exchange.response), 'scope')) ?? formOf(exchange)['scope'] ?? '';
  return told.split(' ').filter((each) => each !== '');
}

/** Fields of a form body. */
export function formOf(exchange: Exchange): Readonly<Record<string, string>> {
  const pairs = (exchange.request.body ?? '').split('&').map((pair) => {
    const [name = '', ...rest] = pair.split('=');
    return [name, decodeURIComponent(rest.join('=').replace(/\+/g, ' '))] as const;
  });
  return Object.fromEntries(pairs);
}

const generations: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };

/** The type and the actions (letters of `cruds`) of a scope on resources; both empty in another one. */
function partsOf(scope: string): { readonly type: string; readonly actions: string } {
  const [, type = '', wanted = ''] = /^[a-z]+\/(\*|[A-Za-z]+)\.([a-z*]+)(?:\?.*)?$/.exec(scope) ?? [];
  return { type, actions: generations[wanted] ?? wanted };
}

/** True when the scopes let their holder do all these actions (letters of `cruds`) to the type. */
export const permits = (scopes: readonly string[], type: string, actions: string): boolean =>
  [...actions].every((action) =>
    scopes.map(partsOf).some(({ type: named, actions: wanted }) => (named === '*' || named === type) && wanted.includes(action)),
  );

/** True when the scopes let their holder do all that this one would; one that is not about resources opens none. */
export const covers = (scopes: readonly string[], scope: string): boolean => {
  const { type, actions } = partsOf(scope);
  return permits(scopes, type, actions);
};

/** Entries of a WWW-Authenticate header by scheme, in lower case, with their text. */
export function challengesOf(header: string | undefined): readonly { readonly scheme: string; readonly text: string }[] {
  // A scheme starts the header or follows a comma, and is followed by a space and a parameter, or by nothing.
  const starts = [...(header ?? '').matchAll(/(?:^|,)\s*([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]*)(?=\s+[A-Za-z]|\s*$|\s*,)/g)];
  return starts.map((match, index) => ({
    scheme: (match[1] ?? '').toLowerCase(),
    text: (header ?? '').slice(match.index, starts[index + 1]?.index),
  }));
}

/** Does the body hold resources of a type (a Bundle's entries, or itself)? OperationOutcome is never data. */
export function resourcesIn(exchange: Exchange): readonly string[] {
  const body = jsonOf(exchange.response);
  const own = asString(at(body, 'resourceType'));
  const entries = asArray(at(body, 'entry')).flatMap((entry) => asString(at(entry, 'resource', 'resourceType')) ?? []);
  return (own === 'Bundle' ? entries : own === undefined ? [] : [own]).filter((type) => type !== 'OperationOutcome');
}

/** Did the answer bring data: resources, or the bytes of a document? */
export const bringsData = (exchange: Exchange): boolean =>
  resourcesIn(exchange).length > 0 ||
  (exchange.step === 'binary' && exchange.response?.status === 200 && jsonOf(exchange.response) === undefined && hollowIn(exchange) === undefined);

/** Types in a CapabilityStatement. */
export const typesOf = (capability: Json | undefined): readonly string[] =>
  asArray(at(capability, 'rest')).flatMap((rest) => asArray(at(rest, 'resource')).flatMap((each) => asString(at(each, 'type')) ?? []));

/** Those of these signing algorithms that prove nothing: HMAC, whose secret both sides hold, and none (RFC 8414 2). */
export const provingNothing = (algorithms: readonly string[]): readonly string[] => algorithms.filter((each) => /^(HS\d|none$)/i.test(each));
