import { b2bToken, clientIdOf, type JwtChange, registration, registrationEndpoint, tokenEndpoint } from '../../src/client/requests/udap.ts';
import type { Expected, Json, Known, NonEmpty, Probe, RequestSpec } from '../../src/core/model.ts';
import type { SpareCertificate } from '../../src/core/udap.ts';

/** Deliberately wrong UDAP requests: each is one honest request with one thing changed. */

type Change = JwtChange | ((known: Known) => JwtChange | string);
const changeFor = (change: Change, known: Known): JwtChange | string => (typeof change === 'function' ? change(known) : change);

/** What is wrong with the request around the JWT. */
export type Rewrite = (request: RequestSpec) => RequestSpec;
const same: Rewrite = (request) => request;

/** Codes that fit when a statement is wrong, and when its certificate is not trusted. */
export const statementCodes = ['invalid_software_statement'] as const;
export const trustCodes = ['unapproved_software_statement', 'invalid_software_statement'] as const;
export const metadataCodes = ['invalid_client_metadata', 'invalid_software_statement'] as const;

/** A registration that must be refused. `names`: words of which the answer should hold one. */
export const badRegistration = (id: string, codes: readonly string[], names: readonly string[], change: Change, rewrite: Rewrite = same): Probe => ({
  id: `udap.reg.${id}`,
  step: 'register',
  suite: 'udap.register.negatives',
  expected: { status: [400], codes, names, action: 'correct' },
  request: (known) => {
    const endpoint = registrationEndpoint(known);
    const changed = changeFor(change, known);
    if (endpoint === undefined) return 'no UDAP registration endpoint is known';
    return typeof changed === 'string' ? changed : rewrite(registration(endpoint, known.target, changed));
  },
});

export interface TokenProbe {
  readonly suite?: string;
  readonly scope?: string | null;
  readonly status?: NonEmpty<number>;
  readonly codes?: readonly string[];
  readonly action?: Expected['action'];
  /** Absent when an ordinary answer is right too. */
  readonly unscored?: boolean;
  readonly rewrite?: Rewrite;
}

const tokenCodes = ['invalid_client', 'invalid_grant', 'invalid_request', 'unauthorized_client'] as const;

/** A B2B token request that must be denied. */
export const badToken = (id: string, names: readonly string[], change: Change, options: TokenProbe = {}): Probe => ({
  id: `udap.b2b.${id}`,
  step: 'udap.token',
  suite: options.suite ?? 'udap.token.negatives',
  ...(options.unscored
    ? {}
    : { expected: { status: options.status ?? [401, 400], codes: options.codes ?? tokenCodes, names, action: options.action ?? 'reauthenticate' } }),
  request: (known) => {
    const [endpoint, clientId] = [tokenEndpoint(known), clientIdOf(known)];
    const changed = changeFor(change, known);
    if (endpoint === undefined) return 'no UDAP token endpoint is known';
    if (clientId === undefined) return 'no UDAP client is registered';
    if (typeof changed === 'string') return changed;
    const { rewrite = same, scope } = options;
    return rewrite(
      scope === undefined ? b2bToken(endpoint, clientId, known.target, changed) : b2bToken(endpoint, clientId, known.target, changed, scope),
    );
  },
});

/** Signs with a certificate that the community issued to be refused, when the operator has one. */
export const withSpare =
  (name: SpareCertificate, change: JwtChange = {}): Change =>
  ({ target }) =>
    target.udap?.spare?.[name] === undefined ? `the target file gives no such certificate (udap.spare.${name})` : { as: name, ...change };

/** The classic forgeries of a signature: another key, no signature, our public key as shared secret, and a header that brings or points to foreign keys. */
export const forgeries: Readonly<Record<string, JwtChange>> = {
  'stranger-key': { sign: 'stranger' },
  'alg-none': { sign: 'none' },
  'hmac-with-public-key': { sign: 'hmac' },
  'embedded-key': { sign: 'stranger', header: { jwk: null } },
  'jku-trick': { sign: 'stranger', header: { jku: 'https://harness.invalid/jwks.json', kid: 'attacker' } },
};

/** The JWT without one claim. */
export const without = (claim: string): JwtChange => ({ claims: { [claim]: undefined } });
export const withClaims = (claims: Readonly<Record<string, Json | undefined>>): JwtChange => ({ claims });
