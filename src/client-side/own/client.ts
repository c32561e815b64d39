import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { registeredClients } from '../../../mocks/auth/clients.ts';
import type { RegisteredClient } from '../../../mocks/kernel/payer.ts';
import type { SigningKey } from '../../client/assertion.ts';
import { signersOf } from '../../client/identity.ts';
import { createProvider, type Provider } from '../../client/provider.ts';
import type { ClientRules } from '../../client/rules.ts';
import { createTransport, defaultLimits, type TlsOptions, type Transport } from '../../client/transport.ts';
import type { Anchors } from '../../client/udap/chain.ts';
import { udapClientOf } from '../../client/udap/client.ts';
import type { Json, RawExchange, Target, WireRequest } from '../../core/model.ts';
import { type Decisions, honestDecisions } from './rules.ts';

/** What a defect of our own client replaces. */
export interface Misbehaviour {
  readonly rules?: Partial<ClientRules>;
  readonly decides?: Partial<Decisions>;
  readonly tls?: TlsOptions;
  /** What it publishes in place of its key set. */
  readonly publishes?: (set: Json) => Json;
  /** Other keys to sign with, by whose they are: `default`, `cds`. */
  readonly signers?: Readonly<Record<string, SigningKey>>;
  /** What it knows beside, or instead. */
  readonly knows?: (target: Target) => Target;
  readonly holds?: Readonly<Record<string, string>>;
  /** Another way to carry requests. */
  readonly carries?: (inner: Transport) => Transport;
}

export interface OwnOptions extends Misbehaviour {
  readonly target: Target;
  readonly secrets: Readonly<Record<string, string>>;
  /** Share of the usual times. */
  readonly share: number;
  readonly sends?: (request: WireRequest) => WireRequest;
  readonly signal: AbortSignal;
}

/** Our own provider for one journey, and what its screen would show. */
export interface Own {
  readonly provider: Provider;
  readonly decide: Decisions;
  readonly shown: string[];
  /** Roots of the trust communities that we belong to. */
  readonly anchors: readonly Anchors[];
  close(): void;
}

/** So many requests at once before the rate counts. */
const burst = 10;

/** Nothing leaves faster than that. `perSecond`: Infinity for no limit. */
function paced(inner: Transport, perSecond: number): Transport {
  const gap = 1000 / perSecond;
  let next = 0;
  const turn = async (): Promise<void> => {
    const now = performance.now();
    next = Math.max(next, now - burst * gap) + gap;
    if (next > now) await sleep(next - now);
  };
  return {
    ...inner,
    send: async (request, options) => {
      await turn();
      return inner.send(request, options);
    },
    open: async (request, options) => {
      await turn();
      return inner.open(request, options);
    },
  };
}

let second: SigningKey['key'] | undefined;
/** Our second key, for payers that take one algorithm only; made once per process. */
export function rsaKey(): SigningKey['key'] {
  second ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return second;
}

/** Made anew for each journey: nothing that one payer taught is carried to the next. */
export function ownClient({ share, tls, sends, signal, rules = {}, decides = {}, ...more }: OwnOptions): Own {
  const { carries = (plain: Transport) => plain, knows = (known: Target) => known, holds = {}, signers: keys = {} } = more;
  const [target, secrets] = [knows(more.target), { ...more.secrets, ...holds }];
  const limits = { ...defaultLimits, timeout: Math.max(10_000, defaultLimits.timeout * share) };
  const decide: Decisions = { ...honestDecisions, ...decides };
  const inner = paced(carries(createTransport(tls ?? {}, limits)), decide.rate());
  const shown: string[] = [];
  const signers = signersOf(target, secrets);
  const spare = signers['default'] === undefined ? {} : { spare: { ...signers['default'], key: rsaKey(), kid: 'k2', alg: 'RS384' as const } };
  const udap = udapClientOf(target, secrets);
  let index = 0;
  const provider = createProvider({
    target: { ...target, bulk: { ...target.bulk, pollFloor: 100, maxWait: 600 } },
    transport:
      sends === undefined
        ? inner
        : {
            ...inner,
            send: (request, options) => inner.send(sends(request), options),
            open: (request, options) => inner.open(sends(request), options),
          },
    signers: { ...signers, ...spare, ...keys },
    ...(udap === undefined ? {} : { udap: udap.sign }),
    signal,
    record: (exchange) => {
      note(exchange.response?.status ?? 0, exchange.response?.body ?? '');
      return { ...exchange, index: index++, suite: 'own' } as RawExchange;
    },
    blocked: () => undefined,
    rules,
  });
  /** What a person would be shown of an answer: the words of its OperationOutcomes. */
  function note(status: number, body: string): void {
    if (status < 400 && !body.includes('OperationOutcome')) return;
    for (const [, text] of body.matchAll(/"(?:text|diagnostics|error_description)":"([^"]{1,500})"/g))
      if (text !== undefined) shown.push(decide.shows(text));
  }
  return { provider, decide, shown, anchors: udap?.anchors ?? [], close: () => inner.close() };
}

/** Where our own client is sent back to after a sign-in. Nothing listens there: it reads the address. */
export const redirectUri = 'https://ehr.example.org/signed-in';

/** Our own client as the scripted payers know it: with both keys. */
export function ownRegistration(): ReadonlyMap<string, RegisteredClient> {
  const own = registeredClients();
  const spare = { ...(createPublicKey(rsaKey()).export({ format: 'jwk' }) as Record<string, Json>), kid: 'k2', alg: 'RS384', use: 'sig' };
  return new Map(
    [...own].map(([id, each]) => [id, id === 'assay' ? { ...each, jwks: { keys: [...each.jwks.keys, spare] }, redirectUris: [redirectUri] } : each]),
  );
}
