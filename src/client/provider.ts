import type { Ask, Because, Known, Probe, RawExchange, RequestSpec, Step, Target, WireRequest } from '../core/model.ts';
import type { SigningKey } from './assertion.ts';
import { guardBorder } from './border.ts';
import type { WholeFiles } from './bulk/whole.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { type CleanUps, memoryCleanUps } from './clean-ups.ts';
import { type Labels, type Provider, type Reply, replyOf, type Talk } from './conversation.ts';
import { createConverse, refuseBusy } from './converse.ts';
import { once, opening } from './manners/once.ts';
import { patienceOf } from './manners/patience.ts';
import { asking } from './manners/waiting.ts';
import { type ClientRules, honestRules } from './rules.ts';
import type { Sent } from './sent.ts';
import type { TlsOffer } from './tls-probe.ts';
import type { Transport } from './transport.ts';
import type { SignUdap } from './udap/sign.ts';
import { createWire } from './wire.ts';

export { Skip, Stop } from './stop.ts';
export type { Labels, Provider, Reply, Talk };
export { replyOf };

export interface ProviderSetup {
  readonly target: Target;
  readonly transport: Transport;
  readonly signers: Readonly<Record<string, SigningKey>>;
  readonly udap?: SignUdap;
  readonly tokens?: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  readonly cleanUps?: CleanUps;
  /** Called for every exchange, in order, with the suite that is running. */
  readonly record: (exchange: Omit<RawExchange, 'index' | 'suite'>) => RawExchange;
  readonly blocked: (reason: string, because: Because, asks?: readonly Ask[]) => void;
  readonly amend?: Provider['amend'];
  readonly files?: WholeFiles;
  readonly keepTrace?: NonNullable<Provider['keepTrace']>;
  readonly room?: Provider['room'];
  readonly pages?: Provider['pages'];
  readonly challenge?: string;
  readonly letters?: string;
  /** Rules of our client that are replaced, to prove that a judge of clients can fail. */
  readonly rules?: Partial<ClientRules>;
}

export function createProvider(setup: ProviderSetup): Provider {
  const { target, signers, signal } = setup;
  const known: Known = { target, ids: {}, opened: {}, notes: {} };
  const tokens = new Map(setup.tokens);
  const rules: ClientRules = { ...honestRules, ...setup.rules };
  const transport = rules.guardsBorder() ? guardBorder(setup.transport, { target, known, tokens }) : setup.transport;
  const breaker = createCircuitBreaker();
  const pace = rules.paced();
  const wire = createWire({
    target,
    known,
    signers,
    tokens,
    rules,
    ...(setup.udap === undefined ? {} : { udap: setup.udap }),
    ...(setup.challenge === undefined ? {} : { challenge: setup.challenge }),
    ...(setup.letters === undefined ? {} : { letters: setup.letters }),
  });
  const manners = {
    pace,
    breaker,
    trusted: (url: string) => rules.carriesToken(target, known, url),
    redirects: rules.redirects(transport.limits.redirects),
  };

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
    const way = opening(transport, { signal, timeout: rules.patience(transport.limits.timeout) });
    const sent = { ...request, headers: { ...request.headers, ...headers } };
    const { result, facts, lost } = await asking(`${request.method} of a file`, () => once(way, sent, { signal }, manners));
    return { request, opened: result, facts, lost };
  }

  async function handshake(url: string, offer: TlsOffer, labels: Labels = {}): Promise<RawExchange> {
    signal.throwIfAborted();
    const sent = await asking('a TLS handshake', () => transport.handshake(url, offer));
    return observe('tls', { method: 'CONNECT', url, headers: {} }, sent, labels);
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
    pages: setup.pages ?? (() => () => true),
    room: setup.room ?? (() => Number.POSITIVE_INFINITY),
    ...(setup.files === undefined ? {} : { files: setup.files }),
    ...(setup.keepTrace === undefined ? {} : { keepTrace: setup.keepTrace }),
    transport,
    rules,
    cleanUps: setup.cleanUps ?? memoryCleanUps(),
  };
  const converse = createConverse(provider, wire, manners);
  return provider;
}
