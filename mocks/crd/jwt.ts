import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import type { MockRequest, PayerState, RegisteredClient } from '../kernel/payer.ts';
import type { JwtFault } from './rules.ts';

/** What is wrong with a client JWT: for rules, and for the person who must correct it. */
export interface JwtProblem {
  readonly kind: JwtFault;
  readonly text: string;
}

const used = (payer: PayerState): Set<string> => payer.memory('crd.jti', () => new Set<string>());
const unverifiable = (text: string): JwtProblem => ({ kind: 'unverifiable', text });

/** Longest life of a JWT, seconds: each is made for one call. */
const longest = 3600;

/** The client with this issuer: CDS Hooks makes it the URI of the EHR, simpler EHRs send their client id. */
const clientOf = (iss: string | undefined, payer: PayerState): RegisteredClient | undefined =>
  iss === undefined ? undefined : (payer.clients.get(iss) ?? [...payer.clients.values()].find(({ issuer }) => issuer === iss));

/**
 * What is wrong with the client JWT of a CDS call; undefined when nothing is.
 * Source: https://cds-hooks.hl7.org/2.0/#trusting-cds-clients
 */
export async function jwtProblem(request: MockRequest, payer: PayerState): Promise<JwtProblem | undefined> {
  const [scheme = '', token = ''] = (request.headers['authorization'] ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '')
    return { kind: 'absent', text: 'The Authorization header carries no client JWT. Sign one for this URL and send the request again.' };
  try {
    const { alg, typ, kid } = decodeProtectedHeader(token);
    if (alg === 'none') return { kind: 'unsigned', text: 'The client JWT is not signed (alg none). Sign it with ES384 or RS384.' };
    const { iss, jti, exp } = decodeJwt(token);
    const client = clientOf(iss, payer);
    if (!client) return unverifiable('iss of the client JWT names no client known here. Register its public keys, or correct iss.');
    if (typ !== 'JWT') return unverifiable('typ in the header of the client JWT must be JWT. Correct it and sign again.');
    if (kid === undefined) return unverifiable('kid is missing from the header of the client JWT. Name the key and sign again.');
    if (typeof jti !== 'string') return unverifiable('jti of the client JWT is missing or no text. Give each JWT an identifier of its own.');
    if (used(payer).has(`${iss} ${jti}`)) return unverifiable('jti of the client JWT was used before. Make a new JWT for every call.');
    if (exp !== undefined && exp > payer.now() + longest)
      return unverifiable('exp of the client JWT lies more than an hour ahead. Make a new one for every call, of a few minutes.');
    await jwtVerify(token, createLocalJWKSet(client.jwks as unknown as JSONWebKeySet), {
      audience: request.url,
      algorithms: ['ES384', 'RS384'],
      currentDate: new Date(payer.now() * 1000),
      requiredClaims: ['exp', 'iat'],
    });
    used(payer).add(`${iss} ${jti}`);
    return undefined;
  } catch (cause) {
    return unverifiable(wordsFor(cause, request.url));
  }
}

function wordsFor(cause: unknown, url: string): string {
  if (cause instanceof errors.JWTExpired) return 'exp of the client JWT has passed. Make a new one for every call, and check your clock.';
  if (cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'aud')
    return `aud of the client JWT must be ${url}. Correct it and sign again.`;
  if (cause instanceof errors.JWTClaimValidationFailed) return `${cause.claim} of the client JWT is missing or wrong. Correct it and sign again.`;
  if (cause instanceof errors.JOSEAlgNotAllowed) return 'alg of the client JWT must be ES384 or RS384. Sign it again.';
  if (cause instanceof errors.JWKSNoMatchingKey) return 'kid of the client JWT names none of the registered keys. Sign with a registered key.';
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return 'The signature of the client JWT does not fit the registered key. Sign with that key.';
  return 'The Authorization header carries no JSON Web Token in compact form. Sign one for this URL and send the request again.';
}
