import { asArray } from '../../src/core/fhir.ts';
import { change, set, when, whenBody } from '../alter.ts';
import type { Variation } from '../area.ts';

/** Ways in which an honest authorization or resource server may differ. */
export const cc2Variations: readonly Variation[] = [
  {
    name: 'refuses clients with 400 instead of 401',
    at: 'token',
    // Who tried a password in the header must still get 401 with a challenge.
    alter: when((_request, response) => response.status === 401 && !response.headers['www-authenticate'], change({ status: 400 })),
  },
  { name: 'writes token_type with a capital', at: 'token', alter: whenBody(/"access_token"/, set({ token_type: 'Bearer' })) },
  {
    name: 'adds members of its own to the token response',
    at: 'token',
    alter: whenBody(/"access_token"/, set({ tenant: 'sunrise', ext_expires_in: 300 })),
  },
  { name: 'spells a wildcard scope out', at: 'token', alter: whenBody(/"scope":"system\/\*\.rs"/, set({ scope: 'system/*.r system/*.s' })) },
  { name: 'gives tokens for one minute', at: 'token', alter: whenBody(/"access_token"/, set({ expires_in: 60 })) },
  {
    name: 'says more than no-store about caching',
    at: 'token',
    alter: change({ headers: { 'cache-control': 'no-cache, No-Store, max-age=0', pragma: 'no-cache' } }),
  },
  {
    name: 'names the charset of token errors',
    at: 'token',
    alter: when((_request, { status }) => status >= 400, change({ headers: { 'content-type': 'application/json; charset=UTF-8' } })),
  },
  {
    name: 'adds error_uri and a code of its own to token errors',
    at: 'token',
    alter: whenBody(/"error"/, set({ error_uri: 'https://payer.example.org/errors/17', code: 17 })),
  },
  {
    name: 'publishes no scopes_supported',
    at: 'smart.configuration',
    target: { guides: { 'hl7.fhir.us.davinci-atr': false } },
    alter: set({ scopes_supported: undefined }),
  },
  {
    name: 'lists its capabilities in another order, with some of its own',
    at: 'smart.configuration',
    alter: set((document) => ({
      capabilities: ['x-sunrise-preview', ...[...asArray(document['capabilities'])].reverse()],
      'x-support': 'mailto:api@payer.example.org',
    })),
  },
  {
    name: 'names the charset of its SMART configuration',
    at: 'smart.configuration',
    alter: change({ headers: { 'content-type': 'application/json;charset=utf-8' } }),
  },
  {
    name: 'offers no introspection and no revocation',
    at: 'smart.configuration',
    alter: set({ introspection_endpoint: undefined, revocation_endpoint: undefined }),
  },
  {
    name: 'offers more ways to authenticate than ours',
    at: 'smart.configuration',
    alter: set({
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'ES384'],
    }),
  },
  {
    name: 'offers a second scheme in its challenges',
    at: 'read',
    alter: (response) =>
      response.status === 401
        ? change({ headers: { 'www-authenticate': `Negotiate, ${response.headers['www-authenticate'] ?? 'Bearer'}` } })(response)
        : response,
  },
  {
    name: 'tells more about an active token',
    at: 'introspect',
    alter: whenBody(/"active":true/, set({ iss: 'https://payer.example.org', token_type: 'Bearer', sub: 'assay' })),
  },
];
