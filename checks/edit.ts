import { isObject, type JsonObject, jsonOf } from '../src/core/fhir.ts';
import type { Json, WireRequest, WireResponse } from '../src/core/model.ts';

/** Small wire transforms that faults and variations are made of. */

type Alter = (response: WireResponse, request: WireRequest) => WireResponse;
type Members = Readonly<Record<string, Json | undefined>>;

const without = (members: Members): JsonObject =>
  Object.fromEntries(Object.entries(members).filter((pair): pair is [string, Json] => pair[1] !== undefined));

/** Sets members of a JSON object body; `undefined` takes one away. Other bodies pass untouched. */
export const edit =
  (members: Members | ((body: JsonObject) => Members)) =>
  (response: WireResponse): WireResponse => {
    const body = jsonOf(response);
    if (!isObject(body)) return response;
    return { ...response, body: JSON.stringify(without({ ...body, ...(typeof members === 'function' ? members(body) : members) })) };
  };

/** Sets the status and headers; a header of `undefined` is taken away. */
export const change =
  ({ status, headers = {} }: { readonly status?: number; readonly headers?: Readonly<Record<string, string | undefined>> }) =>
  (response: WireResponse): WireResponse => ({
    ...response,
    status: status ?? response.status,
    headers: Object.fromEntries(
      Object.entries({ ...response.headers, ...headers }).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
  });

/** Only answers whose body matches. */
export const when =
  (body: RegExp, alter: Alter): Alter =>
  (response, request) =>
    body.test(response.body) ? alter(response, request) : response;

/** Only requests whose URL matches. */
export const whenAsked =
  (url: RegExp, alter: Alter): Alter =>
  (response, request) =>
    url.test(request.url) ? alter(response, request) : response;
