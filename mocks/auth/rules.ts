import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { compactVerify, importJWK, type JWK } from 'jose';
import { servedTypes } from '../fhir/search/parameters.ts';
import type { RegisteredClient } from '../kernel/payer.ts';
import type { IssuedToken } from './memory.ts';
import { grantable, parseScope, permits } from './scopes.ts';

type Clients = ReadonlyMap<string, RegisteredClient>;
type Claims = Readonly<Record<string, unknown>>;
export type Jwk = JWK & { readonly kid?: string };

/** Types that scopes can name: what is served or exported. */
const scopedTypes: ReadonlySet<string> = new Set([...servedTypes, 'Binary', 'Bundle', 'MeasureReport', 'RelatedPerson']);

/** Clocks of client and server may differ by this much, seconds. */
const skew = 5;
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** What this payer insists on at its token endpoint and its door: one function a rule, so that a defect replaces exactly one. */
export const authRules = {
  grantIsSupported: (grant: string): boolean => grant === 'client_credentials',
  assertionTypeIsRight: (type: string): boolean => type === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  clientCalled: (iss: string, clients: Clients): RegisteredClient | undefined => clients.get(iss),
  subjectIsIssuer: (iss: unknown, sub: unknown): boolean => iss === sub,
  algorithmIsAllowed: (alg: string): boolean => alg === 'RS384' || alg === 'ES384',
  audienceIsUs: (aud: unknown, endpoint: string): boolean => [aud].flat().includes(endpoint),
  expiryIsStated: (claims: Claims): boolean => number(claims['exp']) !== undefined,
  assertionHasNotExpired: (exp: number, now: number): boolean => exp > now - skew,
  assertionIsShort: (exp: number, now: number): boolean => exp <= now + 300 + skew,
  notBeforeHasCome: (nbf: unknown, now: number): boolean => (number(nbf) ?? 0) <= now + skew,
  jkuIsRegistered: (jku: unknown, registered: string | undefined): boolean => jku === undefined || jku === registered,
  /** The one key with this kid. */
  keyWithId: (kid: unknown, keys: readonly Jwk[]): Jwk | undefined => {
    const found = keys.filter((key) => key.kid === kid);
    return kid !== undefined && found.length === 1 ? found[0] : undefined;
  },
  signatureHolds: async (assertion: string, jwk: Jwk, alg: string): Promise<boolean> => {
    try {
      await compactVerify(assertion, await importJWK(jwk, alg));
      return true;
    } catch {
      return false;
    }
  },
  jtiIsStated: (jti: unknown): boolean => typeof jti === 'string',
  /** May this jti be used (again)? `seen` holds those used before, and the assertions that they came in. */
  jtiIsFresh: (jti: string, seen: ReadonlySet<string>, _assertion: string): boolean => !seen.has(jti),
  scopeIsKnown: (scope: string): boolean => {
    const type = parseScope(scope)?.type;
    return type === '*' || (type !== undefined && scopedTypes.has(type));
  },
  scopesGranted: (requested: readonly string[], registered: readonly string[]): readonly string[] => grantable(requested, registered),
  queryCountsAsForm: (): boolean => false,
  parameterIsTolerated: (_name: string): boolean => true,
  /** Seconds. */
  tokenLifetime: (): number => 300,

  tokenIsNeeded: (_resourceType: string, _access: string): boolean => true,
  tokenNamed: (value: string, tokens: ReadonlyMap<string, IssuedToken>): IssuedToken | undefined => tokens.get(value),
  tokenIsCurrent: (token: IssuedToken, now: number): boolean => token.expires > now,
  scopeCovers: (scopes: readonly string[], resourceType: string, access: string): boolean => permits(scopes, resourceType, access),
  /** Resources that ride along with a search: read access is enough. */
  scopeCoversIncluded: (scopes: readonly string[], resourceType: string): boolean => permits(scopes, resourceType, 'r'),
  revocationCounts: (): boolean => true,
  tokenIsActive: (token: IssuedToken | undefined, now: number): boolean => token !== undefined && token.expires > now,
};

/** HS256 over the public key in PEM: what a careless library computes for an attacker. */
async function hmacWithPublicKey(assertion: string, jwk: Jwk): Promise<boolean> {
  const pem = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const [header, payload, signature] = assertion.split('.');
  return createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url') === signature;
}

const { algorithmIsAllowed, audienceIsUs, signatureHolds, tokenNamed } = authRules;
const isMisspeltNone = (alg: string): boolean => alg !== 'none' && alg.toLowerCase() === 'none';

export const authBehaviours = {
  'accepts-replayed-jti': { jtiIsFresh: () => true },
  'accepts-far-expiry': { assertionIsShort: () => true },
  'accepts-expired-assertions': { assertionHasNotExpired: () => true },
  'accepts-any-audience': { audienceIsUs: () => true },
  'accepts-any-subject': { subjectIsIssuer: () => true },
  'serves-unknown-clients': { clientCalled: (iss: string, clients: Clients) => clients.get(iss) ?? [...clients.values()][0] },
  'ignores-signatures': { signatureHolds: async () => true },
  'accepts-unsigned-assertions': {
    algorithmIsAllowed: (alg: string) => alg === 'none' || algorithmIsAllowed(alg),
    signatureHolds: async (assertion: string, jwk: Jwk, alg: string) => alg === 'none' || signatureHolds(assertion, jwk, alg),
  },
  'mistakes-public-key-for-secret': {
    algorithmIsAllowed: (alg: string) => alg === 'HS256' || algorithmIsAllowed(alg),
    signatureHolds: (assertion: string, jwk: Jwk, alg: string) =>
      alg === 'HS256' ? hmacWithPublicKey(assertion, jwk) : signatureHolds(assertion, jwk, alg),
  },
  'takes-rs256-only': { algorithmIsAllowed: (alg: string) => alg === 'RS256' },
  'falls-back-to-any-key': { keyWithId: (kid: unknown, keys: readonly Jwk[]) => keys.find((key) => key.kid === kid) ?? keys[0] },
  'trusts-foreign-jku': { jkuIsRegistered: () => true },
  'accepts-missing-sub': { subjectIsIssuer: (iss: unknown, sub: unknown) => sub === undefined || iss === sub },
  'accepts-missing-aud': { audienceIsUs: (aud: unknown, endpoint: string) => aud === undefined || audienceIsUs(aud, endpoint) },
  'accepts-missing-jti': { jtiIsStated: () => true },
  'accepts-longer-audiences': { audienceIsUs: (aud: unknown, endpoint: string) => [aud].flat().some((each) => String(each).startsWith(endpoint)) },
  'accepts-unsigned-in-other-letters': {
    algorithmIsAllowed: (alg: string) => isMisspeltNone(alg) || algorithmIsAllowed(alg),
    signatureHolds: async (assertion: string, jwk: Jwk, alg: string) => isMisspeltNone(alg) || signatureHolds(assertion, jwk, alg),
  },
  'remembers-assertions-not-jti': {
    jtiIsFresh: (jti: string, seen: ReadonlySet<string>, assertion: string) => !seen.has(assertion) || !seen.has(jti),
  },
  'accepts-missing-exp': { expiryIsStated: () => true },
  'accepts-future-nbf': { notBeforeHasCome: () => true },
  'accepts-any-assertion-type': { assertionTypeIsRight: () => true },
  'accepts-any-grant': { grantIsSupported: (grant: string) => grant !== '' },
  'grants-write-scopes': {
    scopesGranted: (requested: readonly string[], registered: readonly string[]) => [
      ...grantable(requested, registered),
      ...requested.filter((each) => /\.[cud]+$/.test(each)),
    ],
  },
  'grants-all-registered': { scopesGranted: (_requested: readonly string[], registered: readonly string[]) => registered },
  'refuses-v2-scopes': { scopeIsKnown: (scope: string) => !/\/[A-Z]\w+\.rs$/.test(scope) && parseScope(scope) !== undefined },
  'refuses-v1-wildcard': { scopeIsKnown: (scope: string) => scope !== 'system/*.read' && parseScope(scope) !== undefined },
  'answers-get-with-token': { queryCountsAsForm: () => true },
  'refuses-unknown-parameters': {
    parameterIsTolerated: (name: string) => ['grant_type', 'scope', 'client_assertion_type', 'client_assertion', 'client_id', 'aud'].includes(name),
  },
  'opens-patient-reads': { tokenIsNeeded: (resourceType: string, access: string) => resourceType !== 'Patient' || access !== 'r' },
  'accepts-expired-tokens': { tokenIsCurrent: () => true },
  'accepts-tampered-tokens': {
    // Compares the start of the token only.
    tokenNamed: (value: string, tokens: ReadonlyMap<string, IssuedToken>) =>
      tokenNamed(value, tokens) ?? [...tokens].find(([known]) => known.slice(0, 8) === value.slice(0, 8))?.[1],
  },
  'reads-coverage-with-any-token': {
    scopeCovers: (scopes: readonly string[], type: string, access: string) =>
      (type === 'Coverage' && access === 'r') || permits(scopes, type, access),
  },
  'opens-everything-for-a-malformed-scope': {
    scopeIsKnown: () => true,
    scopesGranted: (requested: readonly string[], registered: readonly string[]) =>
      requested.every((each) => parseScope(each) === undefined) ? requested : grantable(requested, registered),
    scopeCovers: (scopes: readonly string[], type: string, access: string) =>
      scopes.every((each) => parseScope(each) === undefined) || permits(scopes, type, access),
  },
  'leaks-included-types': { scopeCoversIncluded: () => true },
  'honours-revoked-tokens': { revocationCounts: () => false },
  'introspects-anything-as-active': { tokenIsActive: () => true },
  // legal peculiarities
  'gives-tokens-for-seconds': { tokenLifetime: () => 6 },
} satisfies Record<string, Partial<typeof authRules>>;
