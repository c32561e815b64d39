import type { RequestSpec, TokenUse } from '../../core/model.ts';
import { jwtBearer } from './token.ts';

/**
 * Asks about the session token called `about`, with the session token called `as` for authorisation.
 * Source: https://hl7.org/fhir/smart-app-launch/token-introspection.html; RFC 7662 section 2.1
 */
export const introspection = (endpoint: string, about: TokenUse, as: TokenUse = 'default'): RequestSpec => ({
  method: 'POST',
  url: endpoint,
  headers: { accept: 'application/json' },
  formToken: about,
  token: as,
});

/** The same by a client that authenticates as at the token endpoint, whose URL is the assertion's audience. */
export const introspectionByClient = (endpoint: string, about: TokenUse, audience: string): RequestSpec => ({
  method: 'POST',
  url: endpoint,
  headers: { accept: 'application/json' },
  form: { client_assertion_type: jwtBearer },
  formToken: about,
  assertion: { claims: { aud: audience } },
});
