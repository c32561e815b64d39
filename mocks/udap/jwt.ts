import { type KeyObject, verify as rawVerify, X509Certificate } from 'node:crypto';
import { isObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

/** A JWT as it arrived: decoded, nothing believed yet. */
export interface ReceivedJwt {
  readonly text: string;
  readonly header: { readonly [key: string]: Json };
  readonly claims: { readonly [key: string]: Json };
  /** Parsed x5c, leaf first; empty when it is missing or cannot be parsed. */
  readonly x5c: readonly X509Certificate[];
}

/** Decodes a compact JWT; undefined when it is not one. */
export function receive(text: string): ReceivedJwt | undefined {
  try {
    const [header, claims] = text
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json);
    if (!isObject(header) || !isObject(claims)) return undefined;
    return { text, header, claims, x5c: certificates(header['x5c']) };
  } catch {
    return undefined;
  }
}

const digests: Readonly<Record<string, string>> = { RS256: 'sha256', RS384: 'sha384', ES256: 'sha256', ES384: 'sha384' };

/** Does the signature verify with this key? jose refuses short RSA keys by itself; this payer decides that by its own rule. */
export function signatureHolds({ text, header }: ReceivedJwt, key: KeyObject): boolean {
  const digest = digests[String(header['alg'])];
  const [head = '', body = '', signature = ''] = text.split('.');
  if (digest === undefined) return false;
  return rawVerify(digest, Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
}

/** URI names of a certificate. */
export const urisOf = (certificate: X509Certificate): readonly string[] =>
  (certificate.subjectAltName ?? '').split(', ').flatMap((name) => (name.startsWith('URI:') ? [name.slice(4)] : []));

function certificates(value: Json | undefined): readonly X509Certificate[] {
  if (!Array.isArray(value)) return [];
  try {
    return value.map((each) => new X509Certificate(Buffer.from(String(each), 'base64')));
  } catch {
    return [];
  }
}
