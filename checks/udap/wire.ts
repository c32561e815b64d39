import { isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import type { Fault, Json, WireRequest, WireResponse } from '../../src/core/model.ts';

/** Wire transforms for faults: what goes out instead. */

type Change = { readonly [key: string]: Json | undefined };

/** Changes members of a JSON answer with status 2xx; `undefined` removes. `when` narrows it to some requests or answers. */
export const member =
  (
    change: Change | ((before: JsonObject) => Change),
    when: (request: WireRequest, before: JsonObject) => boolean = () => true,
  ): NonNullable<Fault['alter']> =>
  (response: WireResponse, request: WireRequest): WireResponse => {
    const before = jsonOf(response);
    if (response.status < 200 || response.status > 299 || !isObject(before) || !when(request, before)) return response;
    return { ...response, body: JSON.stringify({ ...before, ...(typeof change === 'function' ? change(before) : change) }) };
  };
