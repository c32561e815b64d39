import type { Debts } from '../client/debts.ts';
import { type SecretSource, secretOf, signersOf } from '../client/identity.ts';
import { createProvider } from '../client/provider.ts';
import { tokenRequest } from '../client/requests/token.ts';
import { tlsOptionsOf } from '../client/tls-options.ts';
import { createTransport } from '../client/transport.ts';
import type { SignUdap } from '../client/udap/sign.ts';
import type { Exchange, RequestSpec, Target } from '../core/model.ts';
import type { LoadAuth } from './plan.ts';
import { tokenEndpointOf } from './token-endpoint.ts';

/** How the load gets its tokens. Keys and tokens reach k6 by environment, never by file or argument. */
export interface Access {
  readonly auth: LoadAuth;
  readonly env: NodeJS.ProcessEnv;
  readonly tokenEndpoint?: string;
  /** One token request, made here for all virtual users; absent where none is needed. */
  readonly request?: () => Promise<Exchange>;
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

/** Throws, naming the place in the target file and the fix, when no token could be had. */
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
  const { provider, send, close } = deskOf(target, secrets, options);
  try {
    const endpoint = auth.tokenEndpoint ?? (await tokenEndpointOf(options.base, (spec) => send('smart.configuration', spec)));
    provider.known.tokenEndpoint = endpoint;
    return {
      auth: { kind: 'smart-backend', clientId, kid, alg, ...(auth.scope === undefined ? {} : { scope: auth.scope }) },
      // For CDS Hooks, where each call carries a JWT of its own, and for runners elsewhere.
      env: { ASSAY_LOAD_KEY: JSON.stringify(signer.key.export({ format: 'jwk' })) },
      tokenEndpoint: endpoint,
      request: () => send('token', tokenRequest(endpoint, auth.scope)),
      release: async () => {
        close();
        return [];
      },
    };
  } catch (cause) {
    close();
    throw cause;
  }
}

/** A client of its own beside k6: for token requests and registrations. */
export function deskOf(target: Target, secrets: SecretSource, options: AccessOptions, udap?: SignUdap) {
  const transport = createTransport(tlsOptionsOf(target, secrets));
  const provider = createProvider({
    ...{ target, transport, signers: signersOf(target, secrets) },
    ...(udap === undefined ? {} : { udap }),
    signal: options.signal ?? new AbortController().signal,
    ...(options.debts === undefined ? {} : { debts: options.debts }),
    record: (exchange) => ({ ...exchange, index: 0, suite: 'load' }),
    blocked: () => {},
  });
  provider.known.base = options.base;
  const send = async (step: 'token' | 'udap.token' | 'smart.configuration', spec: RequestSpec): Promise<Exchange> =>
    (await provider.ask(step, spec)).exchange;
  return { provider, send, close: () => transport.close() };
}
