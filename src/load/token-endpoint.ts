import { smartConfiguration } from '../client/requests/fhir.ts';
import { asString, at, jsonOf } from '../core/fhir.ts';
import type { Exchange, RequestSpec } from '../core/model.ts';

/** Where tokens come from, by the payer's SMART configuration. Throws, with the fix, when it does not say. Pure: k6 asks as well. */
export async function tokenEndpointOf(base: string, asking: (spec: RequestSpec) => Promise<Exchange>): Promise<string> {
  const { request, response, error } = await asking(smartConfiguration(base));
  if (response === null)
    throw new Error(`No answer from ${request.url}: ${error?.message ?? 'no reason was given'}. Is the payer up, and does it know us?`);
  const found = asString(at(jsonOf(response), 'token_endpoint'));
  if (found === undefined) throw new Error(`${request.url} names no token_endpoint. Set auth.tokenEndpoint in the target file.`);
  return found;
}
