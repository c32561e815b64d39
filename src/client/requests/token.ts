import type { AssertionSpec, RequestSpec } from '../../core/model.ts';

export const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * A SMART Backend Services token request; `assertion` says what is wrong with the client assertion, if anything.
 * Source: https://hl7.org/fhir/smart-app-launch/backend-services.html#obtain-access-token
 */
export const tokenRequest = (
  endpoint: string,
  scope: string | undefined,
  assertion: AssertionSpec = {},
  form: Readonly<Record<string, string | undefined>> = {},
): RequestSpec => ({
  method: 'POST',
  url: endpoint,
  headers: { accept: 'application/json' },
  assertion,
  form: Object.fromEntries(
    Object.entries({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }), client_assertion_type: jwtBearer, ...form }).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    ),
  ),
});
