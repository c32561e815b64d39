import { asArray, asObject, at } from '../../src/core/fhir.ts';
import type { Json, WireResponse } from '../../src/core/model.ts';
import { withBody } from '../alter.ts';

/** Altering the answers of $match and $idi-match. */

export const isPatient = (entry: Json): boolean => at(entry, 'resource', 'resourceType') === 'Patient';

/** Changes the searchset in an answer, wrapped or not. */
export function alterBundle(response: WireResponse, change: (bundle: Readonly<Record<string, Json>>) => Json): WireResponse {
  return withBody(response, (body) => {
    if (body['resourceType'] === 'Bundle') return change(body);
    const parameters = asArray(body['parameter']).map((each) =>
      at(each, 'name') === 'IDIMatchBundle' ? { ...asObject(each), resource: change(asObject(at(each, 'resource'))) } : each,
    );
    return body['parameter'] === undefined ? body : { ...body, parameter: parameters };
  });
}

export const alterEntries = (response: WireResponse, change: (entry: Readonly<Record<string, Json>>) => Json | undefined): WireResponse =>
  alterBundle(response, ({ entry, ...bundle }) => {
    const changed = asArray(entry).flatMap((each) => change(asObject(each)) ?? []);
    return changed.length > 0 ? { ...bundle, entry: changed } : bundle;
  });

export const notHere = {
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
