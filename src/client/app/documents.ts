import type { Json, WireResponse } from '../../core/model.ts';

/** Source: http://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known */
export const discovery = (base: string, iss: string): Json => ({
  issuer: iss,
  jwks_uri: `${base}/auth/jwks`,
  authorization_endpoint: `${base}/auth/authorize`,
  token_endpoint: `${base}/auth/token`,
  grant_types_supported: ['authorization_code'],
  response_types_supported: ['code'],
  scopes_supported: ['launch', 'launch/patient', 'openid', 'fhirUser', 'patient/*.rs', 'user/*.rs', 'patient/*.read', 'user/*.read'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  capabilities: [
    ...['launch-ehr', 'client-public', 'client-confidential-symmetric', 'client-confidential-asymmetric', 'sso-openid-connect'],
    ...['context-banner', 'context-ehr-patient', 'context-ehr-encounter', 'permission-patient', 'permission-user', 'permission-v1', 'permission-v2'],
  ],
});

/** Source: https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export const oauthError = (status: number, error: string, words: string): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error, error_description: words }),
});

export const allowId = 'payer-assay-allow';
export const refuseId = 'payer-assay-refuse';

/** Where a person of the practice would say yes or no; our script clicks. */
export const consentPage = (allow: string, refuse: string, client: string, scope: string): WireResponse => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>Allow access?</title>
<h1>Allow access?</h1><p>${escaped(client)} asks for: ${escaped(scope)}</p>
<p><a id="${allowId}" href="${escaped(allow)}">Allow</a> <a id="${refuseId}" href="${escaped(refuse)}">Refuse</a></p></html>`,
});

const escaped = (text: string): string => text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);

/** Ends the words of a refusal, which an app must show as words or leave out: where it runs, the page says so (look.ts). */
export const harmless = ` <img src="data:," onerror="document.documentElement.dataset.payerAssay='ran'">`;
