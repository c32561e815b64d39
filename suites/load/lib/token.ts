import encoding from 'k6/encoding';
import type { Json } from '../../../src/core/model.ts';
import type { BackendAuth, UdapAuth } from '../../../src/load/plan.ts';

/**
 * Client assertions inside k6, by its own crypto.subtle: jose does not run there.
 * Source: https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#authenticating-to-the-token-endpoint
 */
const algorithms = {
  ES256: { use: { name: 'ECDSA', hash: 'SHA-256' }, key: { name: 'ECDSA', namedCurve: 'P-256' } },
  ES384: { use: { name: 'ECDSA', hash: 'SHA-384' }, key: { name: 'ECDSA', namedCurve: 'P-384' } },
  RS256: { use: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  RS384: { use: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }, key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' } },
} as const;

/** A signed assertion for one token request; `jwk` is the private key as JSON text. */
export const assertionFor = (auth: BackendAuth, audience: string, jwk: string): Promise<string> =>
  signed(headerOf(auth), { iss: auth.clientId, sub: auth.clientId, aud: audience }, jwk);

/** A CDS Hooks client JWT for one call. Source: https://cds-hooks.hl7.org/2.0/#trusting-cds-clients */
export const clientJwt = (auth: Signer, audience: string, jwk: string): Promise<string> =>
  signed(headerOf(auth), { iss: auth.clientId, aud: audience }, jwk);

/** A UDAP authentication token around the claims of the request. Source: http://hl7.org/fhir/us/udap-security/b2b.html#constructing-authentication-token */
export const udapAssertion = ({ alg, x5c }: UdapAuth, claims: Claims, audience: string, jwk: string): Promise<string> =>
  signed({ alg, x5c }, { ...claims, aud: audience }, jwk);

type Signer = Omit<BackendAuth, 'kind' | 'scope'>;
type Claims = Readonly<Record<string, Json | undefined>>;
interface Header {
  readonly alg: keyof typeof algorithms;
  readonly typ?: string;
  readonly kid?: string;
  readonly x5c?: readonly string[];
}

const headerOf = ({ alg, kid }: Signer): Header => ({ alg, typ: 'JWT', kid });

/** Five minutes are the most that both guides allow. */
const lifetime = 240;

async function signed(header: Header, about: Claims, jwk: string): Promise<string> {
  const { use, key } = algorithms[header.alg];
  const imported = await crypto.subtle.importKey('jwk', JSON.parse(jwk), key as never, false, ['sign']);
  const now = Math.floor(Date.now() / 1000);
  const claims = { ...about, jti: crypto.randomUUID(), iat: now, exp: now + lifetime };
  const body = `${encoding.b64encode(JSON.stringify(header), 'rawurl')}.${encoding.b64encode(JSON.stringify(claims), 'rawurl')}`;
  const signature = await crypto.subtle.sign(use as never, imported as never, bytesOf(body));
  return `${body}.${encoding.b64encode(signature, 'rawurl')}`;
}

/** The signed text is ASCII by construction. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
