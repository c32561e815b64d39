import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Handler, MockReply, PayerState, Route } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';

export interface IssuedToken {
  readonly clientId: string;
  readonly organization: string;
  readonly scope: readonly string[];
  readonly expires: number;
}
interface AuthMemory {
  readonly seen: Set<string>;
  readonly tokens: Map<string, IssuedToken>;
}

export const authMemory = (payer: PayerState): AuthMemory =>
  payer.memory('auth', () => ({ seen: new Set<string>(), tokens: new Map<string, IssuedToken>() }));

/** RFC 6749 section 5.2 error with words for the person who must mend it. */
const refuse = (error: string, description: string, status = 400): MockReply =>
  json({ error, error_description: description }, status, { 'cache-control': 'no-store', pragma: 'no-cache' });

const bearerType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const lifetime = 300;

/**
 * SMART Backend Services token endpoint.
 * Source: https://hl7.org/fhir/smart-app-launch/backend-services.html#issue-access-token
 */
const token: Handler = async (request, payer) => {
  const form = new URLSearchParams(request.body);
  if (form.get('grant_type') !== 'client_credentials')
    return refuse('unsupported_grant_type', 'grant_type must be client_credentials. Correct it and send the request again.');
  if (form.get('client_assertion_type') !== bearerType)
    return refuse('invalid_request', `client_assertion_type must be ${bearerType}. Correct it and send the request again.`);
  const assertion = form.get('client_assertion') ?? '';
  const problem = await problemWith(assertion, payer);
  if (problem !== undefined) return refuse('invalid_client', problem, 401);
  const clientId = String(decodeJwt(assertion).iss);
  const scope = (form.get('scope') ?? '').split(' ').filter((each) => each !== '');
  const accessToken = randomBytes(24).toString('base64url');
  authMemory(payer).tokens.set(accessToken, {
    clientId,
    organization: payer.clients.get(clientId)?.organization ?? '',
    scope,
    expires: payer.now() + lifetime,
  });
  return json({ access_token: accessToken, token_type: 'bearer', expires_in: lifetime, scope: scope.join(' ') }, 200, {
    'cache-control': 'no-store',
    pragma: 'no-cache',
  });
};

/** What is wrong with a client assertion, in words; undefined when nothing is. */
async function problemWith(assertion: string, payer: PayerState): Promise<string | undefined> {
  const { rules } = payer;
  try {
    const { alg, kid } = decodeProtectedHeader(assertion);
    const claims = decodeJwt(assertion);
    const client = payer.clients.get(String(claims.iss));
    if (!client) return 'iss names no registered client. Use the client_id you were given at registration.';
    if (claims.iss !== claims.sub) return 'sub must equal iss. Correct the assertion and send it again.';
    if (alg !== 'RS384' && alg !== 'ES384') return 'alg must be RS384 or ES384. Sign the assertion again.';
    const audience = `${payer.origin}/as/token`;
    if (![claims.aud].flat().includes(audience)) return `aud must be ${audience}. Correct the assertion and send it again.`;
    if (!rules.assertionIsCurrent(claims.exp ?? 0, payer.now())) return 'exp must lie ahead, by five minutes at most. Make a new assertion.';
    await jwtVerify(assertion, createLocalJWKSet(client.jwks as unknown as JSONWebKeySet), { currentDate: new Date(((claims.exp ?? 1) - 1) * 1000) });
    const { seen } = authMemory(payer);
    const jti = `${claims.iss} ${claims.jti}`;
    if (claims.jti === undefined || !rules.jtiIsFresh(jti, seen)) return 'jti was used before. Make a new assertion for every request.';
    seen.add(jti);
    return kid === undefined ? 'kid is missing from the header. Name the registered key.' : undefined;
  } catch (cause) {
    return `The client_assertion cannot be verified (${(cause as Error).message}). Sign it with a registered key.`;
  }
}

export const tokenRoutes: readonly Route[] = [{ step: 'token', method: 'POST', path: '/as/token', handle: token }];
