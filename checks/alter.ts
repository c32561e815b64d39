import { asObject, isObject, type JsonObject, jsonOf } from '../src/core/fhir.ts';
import type { Fault, Json, WireRequest, WireResponse } from '../src/core/model.ts';

/** Wire transforms that faults and legal variations are made of. All pure. */
export type Alter = NonNullable<Fault['alter']>;

/** Strikes only where the request, or the honest answer to it, fits. */
export const when =
  (fits: (request: WireRequest, response: WireResponse) => boolean, alter: Alter): Alter =>
  (response, request) =>
    fits(request, response) ? alter(response, request) : response;

/** Strikes only requests whose URL matches. */
export const whenAsked = (url: RegExp, alter: Alter): Alter => when((request) => url.test(request.url), alter);

/** Strikes only answers whose body matches. */
export const whenBody =
  (body: RegExp, alter: Alter): Alter =>
  (response, request) =>
    body.test(response.body) ? alter(response, request) : response;

/** The answer with its JSON object body changed; any other body stays as it is. */
export function withBody(response: WireResponse, change: (body: JsonObject) => Json): WireResponse {
  const body = jsonOf(response);
  return isObject(body) ? { ...response, body: JSON.stringify(change(body)) } : response;
}

/** Changes a JSON object body; leaves any other body alone. */
export const alterBody =
  (change: (body: JsonObject, request: WireRequest) => Json): Alter =>
  (response, request) =>
    withBody(response, (body) => change(body, request));

/** Changes a resource of this type only. */
export const alterType = (type: string, change: (body: JsonObject, request: WireRequest) => Json): Alter =>
  alterBody((body, request) => (body['resourceType'] === type ? change(body, request) : body));

/** The object without these members. */
export const without = (body: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

/** Sets members of a JSON object body; `undefined` takes one away. Other bodies pass untouched. */
export const set =
  (members: Members | ((body: JsonObject) => Members)) =>
  (response: WireResponse): WireResponse =>
    withBody(response, (body) => defined({ ...body, ...(typeof members === 'function' ? members(body) : members) }));

type Members = Readonly<Record<string, Json | undefined>>;

const defined = <T>(members: Readonly<Record<string, T | undefined>>): Record<string, T> =>
  Object.fromEntries(Object.entries(members).filter((pair): pair is [string, T] => pair[1] !== undefined));

/** Sets the status and headers; a header of `undefined` is taken away. */
export const change =
  ({ status, headers = {} }: { readonly status?: number; readonly headers?: Readonly<Record<string, string | undefined>> }) =>
  (response: WireResponse): WireResponse => ({
    ...response,
    status: status ?? response.status,
    headers: defined({ ...response.headers, ...headers }),
  });

/** Sets headers; undefined removes one. */
export const headers = (changes: Readonly<Record<string, string | undefined>>): Alter => change({ headers: changes });

/** Replaces text in the body. */
export const replaceText =
  (from: string | RegExp, to: string): Alter =>
  (response) => ({ ...response, body: response.body.replace(from, to) });

/** Answers with this text instead, as a server or a gateway does that has broken down. */
export const inText =
  (status: number, body: string, type = 'text/plain'): Alter =>
  () => ({ status, headers: { 'content-type': type }, body });

/** An id to quote that differs from request to request, as that of a decent server does. */
export function requestId({ method, url, body = '' }: WireRequest): string {
  let sum = 5381;
  for (const sign of `${method} ${url} ${body}`) sum = (sum * 33 + (sign.codePointAt(0) ?? 0)) % 4_294_967_291;
  return `req-${sum.toString(16).padStart(8, '0')}`;
}

/** Answers with this resource instead. */
export const instead =
  (status: number, resource: Json): Alter =>
  (response, request) => ({
    status,
    headers: {
      'x-request-id': requestId(request),
      ...without(response.headers, 'etag', 'last-modified', 'cache-control'),
      'content-type': 'application/fhir+json; charset=utf-8',
    } as Record<string, string>,
    body: JSON.stringify(resource),
  });

/** A decent OperationOutcome, so that a fault about the status is about nothing else. */
export const refuse = (status: number, code: string, text: string): Alter => {
  const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text }, expression: ['http.url'] }] };
  return status === 405 ? both(instead(status, outcome), headers({ allow: 'OPTIONS' })) : instead(status, outcome);
};

/** An empty searchset that says it used the parameters it was asked for. */
export const emptySearchset: Alter = (response, request) =>
  instead(200, { resourceType: 'Bundle', type: 'searchset', total: 0, link: [{ relation: 'self', url: request.url }] })(response, request);

/** A searchset that holds this one resource, whatever was asked. */
export const searchsetOf =
  (resource: Json): Alter =>
  (response, request) =>
    instead(200, {
      resourceType: 'Bundle',
      type: 'searchset',
      total: 1,
      link: [{ relation: 'self', url: request.url }],
      entry: [{ resource, search: { mode: 'match' } }],
    })(response, request);

/** Both transforms, first one first. */
export const both =
  (first: Alter, second: Alter): Alter =>
  (response, request) =>
    second(first(response, request), request);

export const mapEntries = (bundle: JsonObject, change: (entry: JsonObject, index: number) => Json | undefined): JsonObject => {
  const entries = bundle['entry'];
  if (!Array.isArray(entries)) return bundle;
  return { ...bundle, entry: (entries as readonly Json[]).flatMap((entry, index) => change(asObject(entry), index) ?? []) };
};

/** The same rows, said to be about another Patient. */
export const aboutSomebodyElse: Alter = (response) =>
  response.status === 200
    ? {
        ...response,
        body: response.body.replace(
          /"(subject|patient|beneficiary)":\{"reference":"([^"]*)Patient\/[^"]+"/g,
          '"$1":{"reference":"$2Patient/assay-somebody-else"',
        ),
      }
    : response;
