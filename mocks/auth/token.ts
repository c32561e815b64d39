import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Handler, MockReply, MockRequest, PayerState, RegisteredClient, Route } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';
import { authMemory, issue } from './memory.ts';
import type { Jwk } from './rules.ts';

export type { IssuedToken } from './memory.ts';
export { authMemory } from './memory.ts';

const uncached = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** RFC 6749 section 5.2 error with words for the person who must correct it. */
export const refuse = (error: string, description: string, status = 400, headers: Record<string, string> = {}): MockReply =>
  json({ error, error_description: description }, status, { ...uncached, ...headers });

/** What clients without scopes of their own may read. */
const registeredScopes: readonly string[] = ['system/*.rs'];

/**
 * SMART Backend Services token endpoint.
 * Source: https://hl7.org/fhir/smart-app-launch/backend-services.html#issue-access-token
 */
const token: Handler = async (request, payer) => {
  const { rules } = payer;
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (request.method === 'POST' && media !== 'application/x-www-form-urlencoded')
    return refuse(
      'invalid_request',
      'The token endpoint takes a form. Correct the Content-Type to application/x-www-form-urlencoded and send it again.',
    );
  const form = request.method === 'GET' ? request.query : new URLSearchParams(request.body);
  const strange = [...form.keys()].find((name) => !rules.parameterIsTolerated(name));
  if (strange !== undefined) return refuse('invalid_request', `The parameter ${strange} is not known here. Leave it out and send the request again.`);
  const basic = refusedBasic(request);
  if (basic) return basic;
  if (!form.has('grant_type') && !rules.grantIsSupported(''))
    return refuse('invalid_request', 'grant_type is missing. Add grant_type=client_credentials and send the request again.');
  if (!rules.grantIsSupported(form.get('grant_type') ?? ''))
    return refuse('unsupported_grant_type', 'grant_type must be client_credentials. Correct it and send the request again.');
  const assertion = form.get('client_assertion');
  if (assertion === null) return refuse('invalid_client', 'client_assertion is missing. Sign one and send the request again.', 401);
  if (!rules.assertionTypeIsRight(form.get('client_assertion_type') ?? ''))
    return refuse(
      'invalid_request',
      'client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer. Correct it and send it again.',
    );
  const proven = await authenticate(assertion, payer);
  if (typeof proven === 'string') return refuse('invalid_client', proven, 401);
  const asked = (form.get('scope') ?? '').split(' ').filter((each) => each !== '');
  const granted = rules.scopesGranted(
    asked.filter((each) => rules.scopeIsKnown(each)),
    proven.client.scopes ?? registeredScopes,
  );
  if (granted.length === 0)
    return refuse(
      'invalid_scope',
      `None of the scopes asked for (${asked.join(' ') || 'none'}) can be granted. Ask for scopes of your registration.`,
    );
  const lifetime = rules.tokenLifetime();
  const accessToken = issue(payer, proven.clientId, granted, lifetime);
  return json({ access_token: accessToken, token_type: 'bearer', expires_in: lifetime, scope: granted.join(' ') }, 200, uncached);
};

/** RFC 6749 section 5.2: who authenticates by header and fails is challenged by header. */
function refusedBasic(request: MockRequest): MockReply | undefined {
  if (!/^basic /i.test(request.headers['authorization'] ?? '')) return undefined;
  return refuse('invalid_client', 'Client passwords are not accepted. Sign a client_assertion (private_key_jwt) and send that instead.', 401, {
    'www-authenticate': 'Basic realm="token"',
  });
}

/** Who signed this assertion; a string says in words what is wrong with it. */
export async function authenticate(assertion: string, payer: PayerState): Promise<string | { clientId: string; client: RegisteredClient }> {
  const { rules } = payer;
  const endpoint = `${payer.origin}/as/token`;
  const now = payer.now();
  const read = decode(assertion);
  if (typeof read === 'string') return read;
  const { header, claims } = read;
  const { iss, sub, aud, exp = now, nbf, jti } = claims;
  const client = rules.clientCalled(String(iss), payer.clients);
  if (!client) return 'iss names no registered client. Use the client_id you were given at registration.';
  if (!rules.subjectIsIssuer(iss, sub)) return 'sub must equal iss. Correct the assertion and send it again.';
  if (!rules.algorithmIsAllowed(header.alg)) return 'alg must be RS384 or ES384. Sign the assertion again.';
  if (!rules.jkuIsRegistered(header.jku, client.jwksUrl)) return 'jku is not the JWKS URL of your registration. Leave it out or register it.';
  if (header.typ !== 'JWT') return 'typ in the header must be JWT. Correct the header and sign the assertion again.';
  const key = rules.keyWithId(header.kid, client.jwks.keys as readonly Jwk[]);
  if (!key) return 'kid names no key of your registration, or more than one. Use the kid of a registered key.';
  if (!(await rules.signatureHolds(assertion, key, header.alg))) return 'The signature does not fit the registered key. Sign with that key.';
  if (!rules.audienceIsUs(aud, endpoint)) return `aud must be ${endpoint}. Correct the assertion and send it again.`;
  if (!rules.expiryIsStated(claims)) return 'exp is missing. State when the assertion expires, and send it again.';
  if (!rules.assertionHasNotExpired(exp, now)) return 'exp has passed: the assertion has expired. Make a new one; check your clock.';
  if (!rules.assertionIsShort(exp, now)) return 'exp lies more than five minutes ahead. Make a new assertion of at most five minutes.';
  if (!rules.notBeforeHasCome(nbf, now)) return 'nbf lies in the future: the assertion is not valid yet. Make a new one; check your clock.';
  const { seen } = authMemory(payer);
  const once = `${iss} ${jti}`;
  if (!rules.jtiIsStated(jti)) return 'jti is missing or no text. Give every assertion an identifier of its own.';
  if (jti !== undefined && !rules.jtiIsFresh(once, seen, assertion)) return 'jti was used before. Make a new assertion for every request.';
  seen.add(once).add(assertion);
  return { clientId: payer.clients.has(String(iss)) ? String(iss) : ([...payer.clients.keys()][0] ?? ''), client };
}

function decode(assertion: string) {
  try {
    const header = decodeProtectedHeader(assertion);
    return { header: { alg: String(header.alg), kid: header.kid, jku: header.jku, typ: header.typ }, claims: decodeJwt(assertion) };
  } catch {
    return 'client_assertion is not a JSON Web Token in compact form. Sign one and send the request again.';
  }
}

const wrongMethod: Handler = (request, payer) =>
  payer.rules.queryCountsAsForm()
    ? token(request, payer)
    : refuse('invalid_request', 'Use POST at the token endpoint, with a form body.', 405, { allow: 'POST' });

export const tokenRoutes: readonly Route[] = [
  { step: 'token', method: 'POST', path: '/as/token', handle: token },
  { step: 'token', method: 'GET', path: '/as/token', handle: wrongMethod },
];
