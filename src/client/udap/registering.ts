import { asString, at } from '../../core/fhir.ts';
import type { Json, RequestSpec } from '../../core/model.ts';
import type { Provider, Reply } from '../provider.ts';
import { registration } from '../requests/udap.ts';

/** What a registration needs before and after it: where to send it, and how to take it back. Shared by the suites and by the load. */

/** Whose certificate registers. */
export type Who = 'client' | 'other';

/**
 * Where UDAP metadata say that one registers and gets tokens; signed endpoints go before plain ones.
 * Source: http://hl7.org/fhir/us/udap-security/discovery.html#signed-metadata-elements
 */
export function endpointsOf(metadata: Json | undefined): { readonly registration?: string; readonly token?: string } {
  const claims = claimsOf(asString(at(metadata, 'signed_metadata')));
  const endpoint = (name: string): string | undefined => asString(at(claims, name)) ?? asString(at(metadata, name));
  const [registers, token] = [endpoint('registration_endpoint'), endpoint('token_endpoint')];
  return { ...(registers === undefined ? {} : { registration: registers }), ...(token === undefined ? {} : { token }) };
}

/** The client_id of an answer that registered somebody; undefined when it did not. */
export const registeredAs = (reply: Reply): string | undefined =>
  reply.status === 200 || reply.status === 201 ? asString(at(reply.json, 'client_id')) : undefined;

/** No grant types: the registration ends. Source: http://hl7.org/fhir/us/udap-security/registration.html#modifying-and-cancelling-registrations */
export const cancellation = (endpoint: string, { target }: Pick<Provider, 'target'>, as: Who): RequestSpec =>
  registration(endpoint, target, { as, claims: { grant_types: [] } });

export const cleanUpIdOf = (endpoint: string, as: Who): string => `udap ${as} ${endpoint}`;

/** Notes a registration in the journal, so that a run that is killed is tidied up by the next one. */
export function noteRegistration(provider: Provider, endpoint: string, as: Who): void {
  const { cleanUps, known } = provider;
  cleanUps.add({
    id: cleanUpIdOf(endpoint, as),
    what: `UDAP registration (${as})`,
    base: known.base ?? '',
    step: 'register',
    request: cancellation(endpoint, provider, as),
  });
}

function claimsOf(jwt: string | undefined): Json | undefined {
  try {
    return JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}
