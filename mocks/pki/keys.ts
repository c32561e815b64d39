import { webcrypto } from 'node:crypto';

/** `weak` is RSA with 1024 bits: what RFC 7518 section 3.3 forbids. */
export type KeyKind = 'ec' | 'ec384' | 'rsa' | 'weak';

const parameters = {
  ec: { name: 'ECDSA', namedCurve: 'P-256' },
  ec384: { name: 'ECDSA', namedCurve: 'P-384' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  weak: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
} as const;

const made = new Map<string, Promise<webcrypto.CryptoKeyPair>>();

/** A key pair by name, made on first use and kept for the process: RSA generation takes a tenth of a second and more. */
export function keyPair(name: string, kind: KeyKind): Promise<webcrypto.CryptoKeyPair> {
  const id = `${kind} ${name}`;
  const known = made.get(id);
  if (known) return known;
  const fresh = webcrypto.subtle.generateKey(parameters[kind], true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
  made.set(id, fresh);
  return fresh;
}

/** Signature algorithm that fits a key. */
export const signingAlgorithm = (key: webcrypto.CryptoKey): { name: string; hash: string } => ({ name: key.algorithm.name, hash: 'SHA-256' });

/** PKCS#8 PEM of a private key. */
export async function pkcs8(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}
