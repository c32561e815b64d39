import { randomBytes } from 'node:crypto';
import type { PayerState } from '../kernel/payer.ts';

/** An access token as the authorization server remembers it. */
export interface IssuedToken {
  readonly clientId: string;
  readonly organization: string;
  readonly scope: readonly string[];
  /** Seconds since the epoch. */
  readonly expires: number;
}

interface AuthMemory {
  /** `iss jti` of assertions that were accepted. */
  readonly seen: Set<string>;
  readonly tokens: Map<string, IssuedToken>;
}

/** A token that this payer gave out an hour ago: what an operator names as `expiredToken` in a target file. */
export const spentToken = randomBytes(24).toString('base64url');

export const authMemory = (payer: PayerState): AuthMemory =>
  payer.memory('auth', () => ({
    seen: new Set<string>(),
    tokens: new Map<string, IssuedToken>([
      [spentToken, { clientId: 'assay', organization: 'clinic-a', scope: ['system/*.rs'], expires: payer.now() - 3600 }],
    ]),
  }));

/** Makes and remembers an access token. `lifetime` in seconds. */
export function issue(payer: PayerState, clientId: string, scope: readonly string[], lifetime: number): string {
  const token = randomBytes(24).toString('base64url');
  const organization = payer.clients.get(clientId)?.organization ?? clientId;
  authMemory(payer).tokens.set(token, { clientId, organization, scope, expires: payer.now() + lifetime });
  return token;
}
