import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import type { AssertionSpec, Json } from '../core/model.ts';

/** A registered client as the signer needs it. */
export interface SigningKey {
  readonly clientId: string;
  readonly key: KeyObject;
  readonly kid: string;
  readonly alg: 'RS384' | 'ES384';
  readonly jwksUrl?: string;
}

/** Private key from a JWK (JSON text) or PKCS#8 PEM. Throws with the fix when it is neither. */
export function readPrivateKey(text: string, where: string): KeyObject {
  try {
    return text.trimStart().startsWith('{') ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' }) : createPrivateKey(text);
  } catch (cause) {
    throw new Error(`The private key in ${where} cannot be read (${(cause as Error).message}). Expected a private JWK in JSON or a PKCS#8 PEM.`, {
      cause,
    });
  }
}

/** Which SMART algorithm a key can sign with. */
export const algorithmOf = (key: KeyObject): 'RS384' | 'ES384' => (key.asymmetricKeyType === 'ec' ? 'ES384' : 'RS384');

/** Our public key as a JWK set, for registration with a payer. */
export async function publicJwks(signer: SigningKey): Promise<{ keys: Json[] }> {
  const jwk = await exportJWK(createPublicKey(signer.key));
  return { keys: [{ ...(jwk as Record<string, Json>), kid: signer.kid, alg: signer.alg, use: 'sig', key_ops: ['verify'] }] };
}

/**
 * A client assertion for SMART Backend Services, honest unless the spec says otherwise.
 * Source: https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#authenticating-to-the-token-endpoint
 */
export async function signAssertion(signer: SigningKey, audience: string, spec: AssertionSpec = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const alg = spec.alg ?? signer.alg;
  const claims = clean({
    iss: signer.clientId,
    sub: signer.clientId,
    aud: audience,
    jti: randomUUID(),
    iat: now + (spec.iatOffset ?? 0),
    exp: now + (spec.expOffset ?? 240),
    ...spec.claims,
  });
  const header = clean({ alg, kid: signer.kid, typ: 'JWT', ...(signer.jwksUrl ? { jku: signer.jwksUrl } : {}), ...spec.header });
  if (spec.sign === 'none') return `${encode({ ...header, alg: spec.header?.['alg'] ?? 'none' })}.${encode(claims)}.`;
  if (spec.sign === 'hmac') return hmacSigned({ ...header, alg: 'HS256' }, claims, signer.key);
  const key = spec.sign === 'stranger' ? stranger(alg) : signer.key;
  return new SignJWT(claims).setProtectedHeader({ ...header, alg }).sign(key);
}

/** The classic confusion attack: HS256 with our *public* key as the shared secret. */
function hmacSigned(header: Record<string, Json>, claims: Record<string, Json>, key: KeyObject): string {
  const body = `${encode(header)}.${encode(claims)}`;
  const secret = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

const strangers = new Map<string, KeyObject>();

/** A key nobody registered; made once per algorithm because RSA generation is slow. */
export function stranger(alg: string): KeyObject {
  const known = strangers.get(alg);
  if (known) return known;
  const { privateKey } = alg.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve: alg === 'ES384' ? 'P-384' : 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
  strangers.set(alg, privateKey);
  return privateKey;
}

const encode = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const clean = (value: Readonly<Record<string, Json | undefined>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(value).filter((pair): pair is [string, Json] => pair[1] !== undefined));

/** Short, stable fingerprint of a secret, so that equal stays equal after redaction. */
export const fingerprint = (secret: string, salt: string): string =>
  createHash('sha256').update(salt).update(secret).digest('base64url').slice(0, 10);
