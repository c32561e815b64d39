import type {
  Ask,
  Because,
  Exchange,
  Facts,
  Json,
  Known,
  MemberRole,
  Probe,
  RequestSpec,
  Step,
  Target,
  TransportError,
  Variant,
  WireRequest,
  WireResponse,
} from '../core/model.ts';
import type { SigningKey } from './assertion.ts';
import { createBrake } from './brake.ts';
import type { WholeFiles } from './bulk/whole.ts';
import { createConverse, refuseBusy } from './converse.ts';
import { type Debts, memoryDebts } from './debts.ts';
import type { Policy } from './manners/again.ts';
import { once, opening } from './manners/once.ts';
import { createPace } from './manners/pace.ts';
import { patienceOf } from './manners/patience.ts';
import type { Opened } from './stream.ts';
import type { TlsOffer } from './tls-probe.ts';
import type { Sent, Transport } from './transport.ts';
import type { SignUdap } from './udap/sign.ts';
import { createWire, mayCarryToken } from './wire.ts';

/** An exchange as it happened, before redaction. Only the driver and the enrichers ever see one. */
export type RawExchange = Exchange;

/** What an answer looks like to a suite that must decide how to go on. */
export interface Reply {
  readonly exchange: RawExchange;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Json | undefined;
  readonly body: string;
}

export interface Labels<S extends Step = Step> {
  readonly probe?: string;
  readonly variant?: Variant<S>;
  readonly member?: MemberRole;
  readonly follows?: number;
  readonly timeout?: number;
  /** Sent once and not followed, whatever comes; a try that may well fail and is no reason to ask this server less. */
  readonly once?: true;
}

export interface Talk<S extends Step = Step> {
  readonly labels?: Labels<S>;
  readonly about?: Facts;
  /** Default: `polite`. */
  readonly policy?: Policy;
  /** Goes on after Ctrl-C, and waits ten seconds at most: for what must be taken back. */
  readonly unstoppable?: boolean;
}

export { Skip, Stop } from './stop.ts';

/** The provider's side of the conversation. */
export interface Provider {
  readonly target: Target;
  readonly known: Known;
  readonly signal: AbortSignal;
  /** Signs as this identity: `default` or `other`. */
  readonly signers: Readonly<Record<string, SigningKey>>;
  /** Raw tokens by name; never stored. */
  readonly tokens: Map<string, string>;
  /**
   * Sends one request with all our manners (src/client/manners) and records one exchange: the question as it was put first, and the answer in the end. Redirects
   * and refusals on the way stand in its facts `http.hops` and `http.retries`.
   */
  ask<S extends Step>(step: S, spec: RequestSpec, labels?: Labels<S>): Promise<Reply>;
  /** Sends the given probes one after another and answers with the replies; one that cannot be sent is blocked by name. */
  askProbes(probes: readonly Probe[]): Promise<readonly Reply[]>;
  /** `ask` with another patience, and facts to put on the exchange. */
  converse<S extends Step>(step: S, spec: RequestSpec, talk?: Talk<S>): Promise<Reply>;
  /** Opens a body that is too large to hold, with the same manners; the caller records it. `headers` go on top, e.g. Range. */
  open(
    spec: RequestSpec,
    headers?: WireRequest['headers'],
  ): Promise<{ readonly request: WireRequest; readonly opened: Opened | TransportError; readonly facts: Facts; readonly lost: readonly Json[] }>;
  readonly transport: Transport;
  /** What this run (or one killed before it) must still take back at the payer. */
  readonly debts: Debts;
  /** Records one TLS handshake at step `tls`; its facts say what was agreed. */
  handshake(url: string, offer: TlsOffer, labels?: Labels<'tls'>): Promise<RawExchange>;
  /** Records an observation that is not an HTTP exchange (a TLS handshake, a file check). */
  observe<S extends Step>(step: S, request: WireRequest, sent: Sent, labels?: Labels<S>): RawExchange;
  /** Adds facts to an exchange of the running suite, which only later ones could establish. */
  amend(exchange: RawExchange, facts: Facts): void;
  /** Judges files that are too large to store; absent: only their beginning is judged. */
  readonly files?: WholeFiles;
}

export interface ProviderSetup {
  readonly target: Target;
  readonly transport: Transport;
  readonly signers: Readonly<Record<string, SigningKey>>;
  readonly udap?: SignUdap;
  readonly tokens?: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  readonly debts?: Debts;
  /** Called for every exchange, in order, with the suite that is running. */
  readonly record: (exchange: Omit<RawExchange, 'index' | 'suite'>) => RawExchange;
  readonly blocked: (reason: string, because: Because, asks?: readonly Ask[]) => void;
  readonly amend?: Provider['amend'];
  readonly files?: WholeFiles;
}

export function createProvider(setup: ProviderSetup): Provider {
  const { target, transport, signers, signal } = setup;
  const known: Known = { target, ids: {}, notes: {} };
  const tokens = new Map(setup.tokens);
  const brake = createBrake();
  const pace = createPace();
  const wire = createWire({ target, known, signers, tokens, ...(setup.udap === undefined ? {} : { udap: setup.udap }) });
  const manners = { pace, brake, trusted: (url: string) => mayCarryToken(target, known, url), redirects: transport.limits.redirects };

  function observe(step: Step, request: WireRequest, sent: Sent, labels: Labels = {}): RawExchange {
    const { probe, variant, member, follows } = labels;
    return setup.record({
      step,
      request,
      response: sent.response,
      startedAt: sent.startedAt,
      timing: sent.timing,
      size: sent.size,
      ...(sent.error === undefined ? {} : { error: sent.error }),
      ...(Object.keys(sent.facts).length === 0 ? {} : { facts: sent.facts }),
      ...(probe === undefined ? {} : { probe }),
      ...(variant === undefined ? {} : { variant }),
      ...(member === undefined ? {} : { member }),
      ...(follows === undefined ? {} : { follows }),
    });
  }

  async function open(spec: RequestSpec, headers: WireRequest['headers'] = {}): ReturnType<Provider['open']> {
    refuseBusy(pace, spec.url, undefined, patienceOf(known).maxWait);
    const request = await wire(spec);
    const way = opening(transport, { signal, timeout: transport.limits.timeout });
    const { result, facts, lost } = await once(way, { ...request, headers: { ...request.headers, ...headers } }, { signal }, manners);
    return { request, opened: result, facts, lost };
  }

  async function handshake(url: string, offer: TlsOffer, labels: Labels = {}): Promise<RawExchange> {
    signal.throwIfAborted();
    return observe('tls', { method: 'CONNECT', url, headers: {} }, await transport.handshake(url, offer), labels);
  }

  async function askProbes(probes: readonly Probe[]): Promise<readonly Reply[]> {
    const replies: Reply[] = [];
    for (const probe of probes) {
      const spec = probe.request(known);
      if (typeof spec === 'string')
        setup.blocked(`probe ${probe.id} was not sent: ${spec}`, 'test-data', [{ step: probe.step, variants: [], probes: [probe.id] }]);
      else replies.push(await provider.ask(probe.step, spec, { probe: probe.id, ...(probe.member ? { member: probe.member } : {}) }));
    }
    return replies;
  }

  const provider: Provider = {
    target,
    known,
    signal,
    signers,
    tokens,
    ask: (step, spec, labels = {}) => converse(step, spec, { labels }),
    converse: (step, spec, talk) => converse(step, spec, talk),
    open,
    askProbes,
    handshake,
    observe,
    amend: setup.amend ?? (() => undefined),
    ...(setup.files === undefined ? {} : { files: setup.files }),
    transport,
    debts: setup.debts ?? memoryDebts(),
  };
  const converse = createConverse(provider, wire, manners);
  return provider;
}

export function replyOf(exchange: RawExchange): Reply {
  const response: WireResponse = exchange.response ?? { status: 0, headers: {}, body: '' };
  let json: Json | undefined;
  try {
    json = JSON.parse(response.body) as Json;
  } catch {
    json = undefined;
  }
  return { exchange, status: response.status, headers: response.headers, json, body: response.body };
}
