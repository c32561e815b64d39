import { X509Certificate } from 'node:crypto';
import type { Pki } from '../pki/pki.ts';
import { type ReceivedJwt, signatureHolds, urisOf } from './jwt.ts';

/** Something wrong with a JWT or with what it asks for. `code` is ours: a behaviour forgives by it. */
export interface Problem {
  readonly code: string;
  /** OAuth or RFC 7591 error. */
  readonly error: string;
  /** What happened and what to do. */
  readonly text: string;
}

export interface Validation {
  readonly jwt: ReceivedJwt;
  readonly pki: Pki;
  readonly audience: string;
  readonly now: number;
  readonly seen: ReadonlySet<string>;
  readonly errors: { readonly jwt: string; readonly trust: string };
}

/** Everything wrong with a UDAP JWT that statements and authentication tokens share: header, certificate, signature, times. */
export function jwtProblems({ jwt, pki, audience, now, seen, errors }: Validation): readonly Problem[] {
  const { header, claims, x5c } = jwt;
  const found: Problem[] = [];
  const wrong = (code: string, text: string, error = errors.jwt) => found.push({ code, text, error });
  const alg = String(header['alg']);
  const [leaf] = x5c;
  if (!leaf) wrong('missing-x5c', 'The header needs x5c with the client certificate first. Add it and sign again.');
  if (alg === 'none') wrong('alg-none', 'alg is none. Sign with RS256.');
  else if (alg.startsWith('HS')) wrong('alg-hmac', `alg is ${alg}. Sign with the private key of the certificate, not with a shared secret.`);
  else if (!['RS256', 'RS384', 'ES256', 'ES384'].includes(alg)) wrong('alg-unsupported', `alg ${alg} is not supported. Sign with RS256.`);
  else if (leaf && !signatureHolds(jwt, leaf.publicKey))
    wrong(
      header['jwk'] !== undefined ? 'embedded-key' : header['jku'] !== undefined ? 'foreign-jku' : 'signature',
      'The signature does not verify with the key of x5c[0]. Sign with its private key.',
    );
  if (leaf) found.push(...certificateProblems(x5c, pki, now, errors.trust));
  if (![claims['aud']].flat().includes(audience))
    wrong(claims['aud'] === undefined ? 'missing-aud' : 'aud', `aud must be ${audience}. Correct it and sign again.`);
  const { iat, exp, jti } = claims;
  if (typeof iat !== 'number') wrong('missing-iat', 'iat is missing. Add it in seconds and sign again.');
  else if (iat > now + 60) wrong('iat-future', 'iat lies in the future. Check your clock.');
  if (typeof exp !== 'number') wrong('missing-exp', 'exp is missing. Add it, at most five minutes after iat.');
  else if (exp <= now) wrong('expired', 'exp has passed. Make a new JWT.');
  else if (typeof iat === 'number' && exp - iat > 300) wrong('lifetime', 'exp lies more than five minutes after iat. Make a shorter-lived JWT.');
  if (typeof jti !== 'string' || jti === '') wrong('missing-jti', 'jti is missing. Add a fresh one.');
  else if (seen.has(jti)) wrong('replay', 'jti was used before. Make a new JWT for every request.');
  return found;
}

function certificateProblems(x5c: readonly X509Certificate[], pki: Pki, now: number, error: string): readonly Problem[] {
  const [leaf] = x5c;
  if (!leaf) return [];
  const problem = (code: string, text: string): Problem => ({ code, text, error });
  const ca = new X509Certificate(pki.intermediate.certificate);
  if (!leaf.checkIssued(ca) || !leaf.verify(ca.publicKey)) {
    const self = leaf.subject === leaf.issuer;
    // A trusted certificate further back says nothing about the one whose key signs.
    const trustedBehind = x5c.slice(1).some((each) => each.checkIssued(ca) && each.verify(ca.publicKey));
    return [
      problem(
        self ? (trustedBehind ? 'mixed-chain' : 'self-signed') : 'untrusted',
        'The certificate chain does not lead to an anchor of our trust community. Use a certificate that the community issued.',
      ),
    ];
  }
  const bits = leaf.publicKey.asymmetricKeyDetails?.modulusLength ?? 2048;
  return [
    ...(leaf.validToDate.getTime() / 1000 < now
      ? [problem('expired-certificate', `The certificate expired on ${leaf.validTo}. Replace it by a renewed one.`)]
      : []),
    ...(leaf.validFromDate.getTime() / 1000 > now
      ? [problem('not-yet-valid-certificate', `The certificate is valid only from ${leaf.validFrom}. Use one that is valid now.`)]
      : []),
    ...(pki.intermediate.revoked.includes(leaf.serialNumber.toLowerCase())
      ? [problem('revoked-certificate', 'The certificate was revoked. Replace it by a new one from the community.')]
      : []),
    ...(bits < 2048 ? [problem('weak-key', `The RSA key has ${bits} bits; at least 2048 are needed. Use a certificate with a longer key.`)] : []),
  ];
}

/** Problems of a software statement alone. Source: http://hl7.org/fhir/us/udap-security/registration.html#software-statement */
export function statementProblems({ claims, x5c }: ReceivedJwt, wildcards: readonly string[]): readonly Problem[] {
  const found: Problem[] = [];
  const wrong = (code: string, text: string, error = 'invalid_software_statement') => found.push({ code, text, error });
  const { iss, sub } = claims;
  const [leaf] = x5c;
  if (iss === undefined) wrong('missing-iss', 'iss is missing. Name the client URI of your certificate.');
  else if (leaf && !urisOf(leaf).includes(String(iss)))
    wrong('iss-san', 'iss is not a URI in the Subject Alternative Name of the certificate. Use one that is.');
  if (sub === undefined) wrong('missing-sub', 'sub is missing. It must equal iss.');
  else if (iss !== undefined && sub !== iss) wrong('sub', 'sub must equal iss. Correct it and sign again.');
  for (const name of ['client_name', 'contacts', 'grant_types', 'token_endpoint_auth_method'])
    if (claims[name] === undefined) wrong(`missing-${name}`, `${name} is missing. Add it and sign again.`, 'invalid_client_metadata');
  const grants = [claims['grant_types'] ?? []].flat();
  if (grants.includes('authorization_code') && grants.includes('client_credentials'))
    wrong('both-grants', 'grant_types may name authorization_code or client_credentials, not both. Register two clients.', 'invalid_client_metadata');
  const refused = scopesIn(claims['scope']).filter((scope) => scope.includes('*') && !wildcards.includes(scope));
  if (refused.length > 0)
    wrong(
      'wildcard-scope',
      `The wildcard scope ${refused.join(' ')} is not supported. Name the scopes of scopes_supported.`,
      'invalid_client_metadata',
    );
  return found;
}

export const scopesIn = (scope: unknown): readonly string[] => (typeof scope === 'string' ? scope.split(' ').filter((each) => each !== '') : []);
