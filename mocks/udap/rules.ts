import { randomInt } from 'node:crypto';
import type { Json } from '../../src/core/model.ts';
import type { Community, ServerCertificate } from './community.ts';

type Claims = Readonly<Record<string, Json | undefined>>;

/** What this payer's UDAP insists on, each a small decision; a behaviour replaces one. */
export const udapRules = {
  /** Scopes that can be registered; no wildcard. */
  udapScopes: (): readonly string[] => ['Patient', 'Coverage', 'Condition', 'Group', 'ExplanationOfBenefit'].map((type) => `system/${type}.rs`),
  /** May this defect of a software statement pass? `code` as in problems.ts. */
  udapForgivesStatement: (_code: string): boolean => false,
  /** May this defect of an authentication token pass? */
  udapForgivesAssertion: (_code: string): boolean => false,
  /** Is this value of the parameter udap ours? Undefined where it was left out. */
  udapVersionFits: (version: string | undefined, _at: 'register' | 'token'): boolean => version === '1',
  /** What becomes of the client_id when a client registers again. */
  udapOnModify: (): 'same' | 'new' | 'newKeepingOld' => 'same',
  /** Does an empty grant_types array end the registration? */
  udapCancels: (): boolean => true,
  /** Is a client made of a statement without any grant? */
  udapMakesEmptyClients: (): boolean => false,
  /** Certification without which nobody is registered, announced or not. */
  udapDemandsCertification: (): boolean => false,
  /** Are certifications that we do not know ignored? */
  udapIgnoresCertifications: (): boolean => true,
  /** Is a request with some unsupported scopes served with the others? */
  udapReducesScope: (): boolean => true,
  /** Scopes that a token carries. */
  udapGrants: (requested: readonly string[], registered: readonly string[]): readonly string[] =>
    requested.filter((each) => registered.includes(each)),
  /** What somebody gets who asks for a community that we do not know. */
  udapUnknownCommunity: (): 'nothing' | 'default' => 'nothing',
  udapServerCertificate: (_asked: Community): ServerCertificate => 'good',
  /** Whose certificate answers for a community. */
  udapAnswersFor: (asked: Community): Community => asked,
  udapSignedClaims: (claims: Claims): Claims => claims,
  udapSignedAs: (): 'leaf' | 'stranger' | 'none' | 'hmac' | 'ES256' => 'leaf',
  udapSignedHeader: (header: Claims): Claims => header,
  /** Signature algorithms taken from clients. */
  udapTakesAlgorithm: (_alg: string): boolean => true,
};
export type UdapRules = typeof udapRules;

/** Defects that anything signed with a certificate may have. */
const signedDefects = [
  'missing-x5c',
  'alg-none',
  'alg-hmac',
  'signature',
  'embedded-key',
  'foreign-jku',
  'untrusted',
  'self-signed',
  'mixed-chain',
  'expired-certificate',
  'not-yet-valid-certificate',
  'revoked-certificate',
  'weak-key',
  'aud',
] as const;

/** Defects of software statements that a careless payer lets pass. */
export const statementDefects = [
  ...signedDefects,
  'iss-san',
  'sub',
  'expired',
  'lifetime',
  'iat-future',
  'replay',
  'both-grants',
  'wildcard-scope',
  ...['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'client_name', 'contacts', 'grant_types', 'token_endpoint_auth_method'].map(
    (claim) => `missing-${claim}`,
  ),
] as const;

/** Defects of authentication tokens and token requests that a careless payer lets pass. */
export const assertionDefects = [
  ...signedDefects,
  'expired',
  'iat-future',
  'lifetime',
  'replay',
  'unknown-client',
  'cancelled-client',
  'certificate-of-another',
  'missing-extension',
  'missing-organization',
  'missing-purpose',
  'bad-version',
  ...['iss', 'sub', 'aud', 'iat', 'exp', 'jti'].map((claim) => `missing-${claim}`),
] as const;

const forgiving = (rule: 'udapForgivesStatement' | 'udapForgivesAssertion', prefix: string, codes: readonly string[]) =>
  Object.fromEntries(codes.map((code) => [`${prefix}-${code}`, { [rule]: (found: string) => found === code } as Partial<UdapRules>]));

/** Takes what UDAP's own version parameter should have kept out, at one endpoint. */
const otherVersions = (at: 'register' | 'token', prefix: string): Readonly<Record<string, Partial<UdapRules>>> => ({
  [`${prefix}-without-version`]: { udapVersionFits: (version, where) => version === '1' || (where === at && version === undefined) },
  [`${prefix}-any-version`]: { udapVersionFits: (version, where) => version === '1' || (where === at && version !== undefined) },
});

const tenYears = 10 * 365 * 86_400;
const claims = (change: Claims | ((before: Claims) => Claims)): Partial<UdapRules> => ({
  udapSignedClaims: (before) => ({ ...before, ...(typeof change === 'function' ? change(before) : change) }),
});

export const udapBehaviours: Readonly<Record<string, Partial<UdapRules>>> = {
  ...forgiving('udapForgivesStatement', 'udap-registers', statementDefects),
  ...forgiving('udapForgivesAssertion', 'udap-authenticates', assertionDefects),
  ...otherVersions('register', 'udap-registers'),
  ...otherVersions('token', 'udap-authenticates'),
  'udap-renames-on-modify': { udapOnModify: () => 'new' },
  'udap-doubles-on-modify': { udapOnModify: () => 'newKeepingOld' },
  'udap-makes-empty-clients': { udapMakesEmptyClients: () => true },
  'udap-keeps-cancelled': { udapCancels: () => false },
  'udap-hidden-certification': { udapDemandsCertification: () => true },
  'udap-refuses-certifications': { udapIgnoresCertifications: () => false },
  'udap-refuses-mixed-scopes': { udapReducesScope: () => false },
  'udap-grants-wildcards': { udapGrants: (requested, registered) => requested.filter((each) => registered.includes(each) || each.includes('*')) },
  'udap-grants-writes': { udapGrants: (requested, registered) => requested.filter((each) => registered.includes(each) || each.endsWith('.cruds')) },
  'udap-takes-only-es384': { udapTakesAlgorithm: (alg) => alg === 'ES384' },
  'udap-one-community': { udapAnswersFor: () => 'alpha' },
  'udap-default-for-unknown': { udapUnknownCommunity: () => 'default' },
  'udap-narrows-scopes': { udapGrants: (requested) => requested.filter((each) => each === 'system/Patient.rs') },
  'udap-signs-hourly': claims(({ iat }) => {
    const hour = Number(iat) - (Number(iat) % 3600);
    return { iat: hour, exp: hour + 86_400, jti: `hourly-${hour}` };
  }),
  'udap-signs-for-a-year': claims(({ iat }) => ({ exp: Number(iat) + 365 * 86_400 })),
  'udap-signs-authorization-endpoint': claims({ authorization_endpoint: 'https://payer.example/authorize' }),
  'udap-sends-leaf-only': { udapSignedHeader: (header) => ({ ...header, x5c: [header['x5c'] ?? []].flat().slice(0, 1) }) },
  'udap-server-expired': { udapServerCertificate: () => 'expired' },
  'udap-server-not-yet-valid': { udapServerCertificate: () => 'notYetValid' },
  'udap-server-revoked': { udapServerCertificate: () => 'revoked' },
  'udap-server-dns-only': { udapServerCertificate: () => 'dnsOnly' },
  'udap-signed-by-stranger': { udapSignedAs: () => 'stranger' },
  'udap-signed-by-nobody': { udapSignedAs: () => 'none' },
  'udap-signed-with-hmac': { udapSignedAs: () => 'hmac' },
  'udap-signed-es256': { udapSignedAs: () => 'ES256' },
  'udap-signed-without-x5c': { udapSignedHeader: ({ x5c: _, ...header }) => header },
  'udap-signed-for-as': claims(({ iss }) => ({ iss: `${String(iss)}/../as`, sub: `${String(iss)}/../as` })),
  'udap-signed-slash': claims(({ iss }) => ({ iss: `${String(iss)}/`, sub: `${String(iss)}/` })),
  'udap-signed-ten-years': claims(({ iat }) => ({ exp: Number(iat) + tenYears })),
  'udap-signed-expired': claims(({ iat }) => ({ iat: Number(iat) - 7200, exp: Number(iat) - 3600 })),
  'udap-signed-without-registration': claims({ registration_endpoint: undefined }),
  'udap-signed-without-token': claims({ token_endpoint: undefined }),
  'udap-signed-without-sub': claims({ sub: undefined }),
  'udap-signed-without-jti': claims({ jti: undefined }),
  'udap-signed-same-jti': claims(({ exp }) => ({ jti: 'always-the-same', exp: Number(exp) + randomInt(80_000) })),
  'udap-signed-without-iat': claims({ iat: undefined }),
  'udap-signed-future-iat': claims(({ iat }) => ({ iat: Number(iat) + 3600, exp: Number(iat) + 7200 })),
};
