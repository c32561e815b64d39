import { readFileSync } from 'node:fs';
import type { ClientIdentity, SecretRef, Target } from '../core/model.ts';
import { algorithmOf, readPrivateKey, type SigningKey } from './assertion.ts';

/** Values of secrets by environment name; files are read where they stand. */
export type SecretSource = Readonly<Record<string, string | undefined>>;

/** The secret's text. Throws, naming the variable or file and the fix; never shows a value. */
export function secretOf(ref: SecretRef, what: string, source: SecretSource): string {
  if (ref.env !== undefined) {
    const value = source[ref.env];
    if (value === undefined || value === '')
      throw new Error(`${what}: the environment variable ${ref.env} is not set. Export it, or point the target file at a file instead.`);
    return value;
  }
  if (ref.file === undefined) throw new Error(`${what}: the target file must name an environment variable ("env") or a file ("file").`);
  try {
    return readFileSync(ref.file, 'utf8');
  } catch (cause) {
    throw new Error(`${what}: the file ${ref.file} cannot be read (${(cause as NodeJS.ErrnoException).code}). Check the path and its permissions.`, {
      cause,
    });
  }
}

/** Signing keys that the target names: `default`, `other` for the second organisation, and `cds` where CDS Hooks calls are signed by another. */
export function signersOf(target: Target, source: SecretSource): Readonly<Record<string, SigningKey>> {
  const signer = (identity: ClientIdentity, where: string): SigningKey => {
    const key = readPrivateKey(secretOf(identity.key, `${where}.key`, source), `${where}.key`);
    return {
      clientId: identity.clientId,
      key,
      kid: identity.kid ?? 'k1',
      alg: identity.alg ?? algorithmOf(key),
      ...(identity.jwksUrl === undefined ? {} : { jwksUrl: identity.jwksUrl }),
    };
  };
  return {
    ...(target.auth.kind === 'smart-backend' ? { default: signer(target.auth, 'auth') } : {}),
    ...(target.otherClient !== undefined && 'key' in target.otherClient ? { other: signer(target.otherClient, 'otherClient') } : {}),
    ...(target.cds?.key === undefined ? {} : { cds: signer({ ...target.cds, key: target.cds.key, clientId: target.cds.issuer ?? '' }, 'cds') }),
  };
}

/** Under which name the session keeps a client's secret: never a token, but as secret as one. */
export const secretName = (as: string): string => `secret of ${as}`;

/**
 * What the target names that opens something: tokens (`default` for a bearer target, `other` of a second client, `expired` for one that must be refused) and
 * client secrets by `secretName`.
 */
export function tokensOf(target: Target, source: SecretSource): ReadonlyMap<string, string> {
  const tokens = new Map<string, string>();
  if (target.auth.kind === 'bearer') tokens.set('default', secretOf(target.auth.token, 'auth.token', source).trim());
  if (target.auth.kind === 'client-secret') tokens.set(secretName('default'), secretOf(target.auth.secret, 'auth.secret', source).trim());
  const other = target.otherClient;
  if (other !== undefined && 'token' in other) tokens.set('other', secretOf(other.token, 'otherClient.token', source).trim());
  if (other !== undefined && 'secret' in other) tokens.set(secretName('other'), secretOf(other.secret, 'otherClient.secret', source).trim());
  if (target.expiredToken !== undefined) tokens.set('expired', secretOf(target.expiredToken, 'expiredToken', source).trim());
  return tokens;
}
