import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { MockRequest, PayerState } from '../kernel/payer.ts';
import type { JwtProblem } from './rules.ts';

const used = (payer: PayerState): Set<string> => payer.memory('crd.jti', () => new Set<string>());

/**
 * What is wrong with the client JWT of a CDS call.
 * Source: https://cds-hooks.hl7.org/2.0/#trusting-cds-clients
 */
export async function jwtProblem(request: MockRequest, payer: PayerState): Promise<JwtProblem> {
  const [scheme = '', token = ''] = (request.headers['authorization'] ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '') return 'absent';
  try {
    const { alg } = decodeProtectedHeader(token);
    if (alg === 'none') return 'unsigned';
    const { iss, jti } = decodeJwt(token);
    const client = payer.clients.get(String(iss));
    if (!client || jti === undefined || used(payer).has(jti)) return 'unverifiable';
    await jwtVerify(token, createLocalJWKSet(client.jwks as unknown as JSONWebKeySet), {
      audience: request.url,
      algorithms: ['ES384', 'RS384'],
      currentDate: new Date(payer.now() * 1000),
      requiredClaims: ['exp', 'iat'],
    });
    used(payer).add(jti);
    return undefined;
  } catch {
    return 'unverifiable';
  }
}
