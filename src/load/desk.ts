import { guardedLookup } from '../client/addresses.ts';
import { ownHosts } from '../client/border.ts';
import type { CleanUps } from '../client/clean-ups.ts';
import { type SecretSource, signersOf, tokensOf } from '../client/identity.ts';
import { createProvider } from '../client/provider.ts';
import { tlsOptionsOf } from '../client/tls-options.ts';
import { createTransport } from '../client/transport.ts';
import type { SignUdap } from '../client/udap/sign.ts';
import type { Exchange, RequestSpec, Target } from '../core/model.ts';
import type { LoadAuth } from './plan.ts';

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
  readonly cleanUps?: CleanUps;
  /** Others will use the same client, or use it later: one of our own making must not be cancelled under them. */
  readonly shared: boolean;
}

/** A client of its own beside k6: for token requests and registrations. */
export function deskOf(target: Target, secrets: SecretSource, options: AccessOptions, udap?: SignUdap) {
  const transport = createTransport(tlsOptionsOf(target, secrets), undefined, undefined, guardedLookup(ownHosts(target)));
  const provider = createProvider({
    ...{ target, transport, signers: signersOf(target, secrets), tokens: tokensOf(target, secrets) },
    ...(udap === undefined ? {} : { udap }),
    signal: options.signal ?? new AbortController().signal,
    ...(options.cleanUps === undefined ? {} : { cleanUps: options.cleanUps }),
    record: (exchange) => ({ ...exchange, index: 0, suite: 'load' }),
    blocked: () => {},
  });
  provider.known.base = options.base;
  const send = async (step: 'token' | 'udap.token' | 'smart.configuration', spec: RequestSpec): Promise<Exchange> =>
    (await provider.ask(step, spec)).exchange;
  return { provider, send, close: () => transport.close() };
}
