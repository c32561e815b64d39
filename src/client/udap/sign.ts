import { createHmac, createPublicKey, type KeyObject, randomUUID, sign as rawSign } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import type { Json } from '../../core/model.ts';
import type { UdapJwtSpec } from '../../core/udap.ts';
import { stranger } from '../assertion.ts';
import type { UdapAlgorithm, UdapSigner } from './credentials.ts';

/** What goes out: the JWT, and a certification when the spec asks for one. */
export interface SignedUdap {
  readonly jwt: string;
  readonly certification?: string;
}

/** Signs a spec for an audience. Throws `Error` with the fix when the named certificate is not at hand. */
export type SignUdap = (spec: UdapJwtSpec, audience: string) => Promise<SignedUdap>;

/**
 * A software statement or authentication token, honest unless the spec says otherwise.
 * Source: http://hl7.org/fhir/us/udap-security/general.html#jwt-headers
 */
export async function signUdap(signer: UdapSigner, spec: UdapJwtSpec, audience: string): Promise<SignedUdap> {
  const now = Math.floor(Date.now() / 1000);
  const identity = signer.uri === '' ? {} : { iss: signer.uri, sub: signer.uri };
  const times = { iat: now + (spec.iatOffset ?? 0), exp: now + (spec.expOffset ?? 290) };
  const claims = clean({ ...identity, aud: audience, jti: randomUUID(), ...times, ...spec.claims });
  const header = clean({ alg: spec.alg ?? signer.alg, x5c: [...signer.x5c], ...spec.header });
  const jwt = await signed(signer, spec, header, claims);
  if (spec.certification === undefined) return { jwt };
  const certificationClaims = { iss: signer.uri, sub: signer.uri, iat: now, exp: now + 86_400, jti: randomUUID(), ...spec.certification };
  return { jwt, certification: await honest(signer.key, { alg: signer.alg, x5c: [...signer.x5c] }, certificationClaims) };
}

async function signed(signer: UdapSigner, spec: UdapJwtSpec, header: Record<string, Json>, claims: Record<string, Json>): Promise<string> {
  if (spec.sign === 'none') return `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`;
  if (spec.sign === 'hmac') {
    // The confusion attack: the certificate's public key, known to all, used as the shared secret.
    const body = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
    const secret = signer.leaf.publicKey.export({ type: 'spki', format: 'pem' });
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
  }
  if (spec.sign !== 'stranger') return honest(signer.key, header, claims);
  const key = stranger(String(header['alg']));
  // `jwk: null` asks for the attack in which the header brings the attacker's own key along.
  const jwk = header['jwk'] === null ? { jwk: (await exportJWK(createPublicKey(key))) as Json } : {};
  return honest(key, { ...header, ...jwk }, claims);
}

async function honest(key: KeyObject, header: Record<string, Json>, claims: Record<string, Json>): Promise<string> {
  const alg = String(header['alg']) as UdapAlgorithm;
  const weak = key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048;
  if (!weak) return new SignJWT(claims).setProtectedHeader({ ...header, alg }).sign(key);
  // jose rightly refuses short RSA keys; a probe must send one all the same.
  const body = `${encode(header)}.${encode(claims)}`;
  return `${body}.${rawSign(alg.endsWith('384') ? 'sha384' : 'sha256', Buffer.from(body), key).toString('base64url')}`;
}

const encode = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const clean = (value: Readonly<Record<string, Json | undefined>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(value).filter((pair): pair is [string, Json] => pair[1] !== undefined));
