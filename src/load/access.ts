import type { Debts } from '../client/debts.ts';
import { type SecretSource, secretOf, signersOf } from '../client/identity.ts';
import type { Target } from '../core/model.ts';
import type { LoadAuth } from './plan.ts';

/** How k6 gets its tokens. Keys and tokens go by environment, never by file or argument. */
export interface Access {
  readonly auth: LoadAuth;
  readonly env: NodeJS.ProcessEnv;
  /** Where tokens come from; k6 looks it up when it is absent. */
  readonly tokenEndpoint?: string;
  /** Takes back what was changed at the payer for this load; answers with what could not be, in words. */
  release(): Promise<readonly string[]>;
}

export interface AccessOptions {
  readonly base: string;
  readonly signal?: AbortSignal;
  /** Where a registration is noted until it is taken back; default: in memory. */
  readonly debts?: Debts;
  /** Others will use the same client, or use it later: one of our own making must not be cancelled under them. */
  readonly shared: boolean;
}

/** Throws, naming the place in the target file and the fix, when no token could be had. Only UDAP sends anything, in order to register. */
export async function accessFor(target: Target, secrets: SecretSource, options: AccessOptions): Promise<Access> {
  const { auth } = target;
  const release = async () => [];
  if (auth.kind === 'udap') return (await import('./udap.ts')).udapAccess(target, secrets, options);
  if (auth.kind === 'none') return { auth: { kind: 'none' }, env: {}, release };
  if (auth.kind === 'bearer')
    return { auth: { kind: 'bearer' }, env: { ASSAY_LOAD_TOKEN: secretOf(auth.token, 'auth.token', secrets).trim() }, release };
  const signer = signersOf({ ...target, auth }, secrets)['default'];
  if (!signer) throw new Error('the target file names no client key');
  const { clientId, kid, alg } = signer;
  return {
    auth: { kind: 'smart-backend', clientId, kid, alg, ...(auth.scope === undefined ? {} : { scope: auth.scope }) },
    env: { ASSAY_LOAD_KEY: JSON.stringify(signer.key.export({ format: 'jwk' })) },
    ...(auth.tokenEndpoint === undefined ? {} : { tokenEndpoint: auth.tokenEndpoint }),
    release,
  };
}
