import type { MockReply, MockRequest, PayerState } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { authMemory, type IssuedToken } from './memory.ts';

export type { IssuedToken } from './memory.ts';

/** `r` read, `s` search, `c` `u` `d` the writes: the letters of SMART v2 scopes. */
export type Access = 'r' | 's' | 'c' | 'u' | 'd';

/**
 * The door of every protected route: who is asking, and may they? Answers with the token's owner, or with the refusal to send.
 * ```ts
 * const caller = authorize(request, payer, 'Patient', 'r');
 * if (isRefusal(caller)) return caller;
 * ```
 * Source: RFC 6750 section 3; https://hl7.org/fhir/smart-app-launch/backend-services.html#processing-the-api-request
 */
export function authorize(request: MockRequest, payer: PayerState, resourceType: string, access: Access): IssuedToken | MockReply {
  const { rules } = payer;
  const [scheme = '', value = ''] = (request.headers['authorization'] ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || value === '') {
    if (!rules.tokenIsNeeded(resourceType, access)) return guest;
    return challenge('Send an access token: Authorization: Bearer. Get a new one from the token endpoint and send the request again.');
  }
  const token = rules.tokenNamed(value, authMemory(payer).tokens);
  if (!token) return challenge('The access token is not one of ours. Get a new one from the token endpoint.', 'invalid_token');
  if (!rules.tokenIsCurrent(token, payer.now()))
    return challenge('The access token has expired. Get a new one from the token endpoint.', 'invalid_token');
  if (!rules.scopeCovers(token.scope, resourceType, access)) return forbidden(resourceType, access);
  return token;
}

/** Tells a refusal from a caller. */
export const isRefusal = (answer: IssuedToken | MockReply): answer is MockReply => 'status' in answer;

/** May this caller also be shown resources of this type, e.g. through _include? */
export const maySee = (token: IssuedToken, payer: PayerState, resourceType: string): boolean =>
  payer.rules.scopeCoversIncluded(token.scope, resourceType);

/** Who is served when a defect leaves the door open. */
const guest: IssuedToken = { clientId: 'nobody', organization: 'clinic-a', scope: ['system/*.rs'], expires: Number.MAX_SAFE_INTEGER };

/** RFC 6750 section 3.1: no error code when nothing was sent, `invalid_token` when what was sent is no good. */
const challenge = (text: string, error?: string): MockReply =>
  outcome({
    status: 401,
    code: 'login',
    text,
    expression: 'http.Authorization',
    headers: { 'www-authenticate': `Bearer realm="payer"${error === undefined ? '' : `, error="${error}"`}` },
  });

const forbidden = (resourceType: string, access: Access): MockReply => {
  const needed = `system/${resourceType}.${access}`;
  return outcome({
    status: 403,
    code: 'forbidden',
    text: `The access token does not cover ${needed}. Ask for that scope at the token endpoint and send the request again.`,
    expression: 'http.Authorization',
    headers: { 'www-authenticate': `Bearer realm="payer", error="insufficient_scope", scope="${needed}"` },
  });
};
