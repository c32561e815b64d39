import type {
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
  Variant,
  WireRequest,
  WireResponse,
} from '../core/model.ts';
import type { UdapJwtSpec } from '../core/udap.ts';
import { parseUrl } from '../core/url.ts';
import { type SigningKey, signAssertion } from './assertion.ts';
import { createBrake } from './brake.ts';
import type { WholeFiles } from './bulk/whole.ts';
import { type Debts, memoryDebts } from './debts.ts';
import type { TlsOffer } from './tls-probe.ts';
import type { Sent, Transport } from './transport.ts';
import type { SignedUdap, SignUdap } from './udap/sign.ts';

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
}

/** Thrown by a suite that cannot go on: the rest of its steps become not-testable with this reason. */
export class Stop extends Error {
  readonly because: Because;
  constructor(reason: string, because: Because) {
    super(reason);
    this.because = because;
  }
}

/** Thrown by a suite that has nothing to ask of this target: neither it nor what needs it is held against anybody. */
export class Skip extends Stop {}

/** The provider's side of the conversation. */
export interface Provider {
  readonly target: Target;
  readonly known: Known;
  readonly signal: AbortSignal;
  /** Signs as this identity: `default` or `other`. */
  readonly signers: Readonly<Record<string, SigningKey>>;
  /** Raw tokens by name; never stored. */
  readonly tokens: Map<string, string>;
  /** Sends one request and records it. Follows GET redirects within our limits, each hop recorded. */
  ask<S extends Step>(step: S, spec: RequestSpec, labels?: Labels<S>): Promise<Reply>;
  /** Sends the given probes one after another and answers with the replies; one that cannot be sent is blocked by name. */
  askProbes(probes: readonly Probe[]): Promise<readonly Reply[]>;
  /** The request as it would be sent: headers, token where it may go. For what must be sent another way than by `ask`. */
  prepare(spec: RequestSpec): Promise<WireRequest>;
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
  readonly blocked: (reason: string, because: Because) => void;
  readonly amend?: Provider['amend'];
  readonly files?: WholeFiles;
}

export function createProvider(setup: ProviderSetup): Provider {
  const { target, transport, signers, signal } = setup;
  const known: Known = { target, ids: {}, notes: {} };
  const tokens = new Map(setup.tokens);
  const brake = createBrake();
  let lastAssertion = '';
  const firstUdap = new Map<string, SignedUdap>();

  function refuseDead(url: string): void {
    const dead = brake.reason(url);
    if (dead !== undefined) throw new Stop(dead, 'network');
  }

  async function wire(spec: RequestSpec): Promise<WireRequest> {
    const headers: Record<string, string> = { accept: 'application/fhir+json', 'accept-encoding': 'gzip', ...lower(spec.headers ?? {}) };
    let body = spec.body;
    let url = spec.url;
    if (spec.form || spec.assertion || spec.formToken !== undefined) {
      const form = new URLSearchParams(spec.form);
      if (spec.formToken !== undefined) form.set('token', tokens.get(spec.formToken) ?? '');
      if (spec.assertion) {
        const signer = signers[spec.assertion.as ?? 'default'];
        if (!signer)
          throw new Stop(`the target names no key for the ${spec.assertion.as ?? 'default'} client, so no assertion can be signed`, 'target-file');
        lastAssertion = spec.assertion.sign === 'same' && lastAssertion ? lastAssertion : await signAssertion(signer, spec.url, spec.assertion);
        form.set('client_assertion', lastAssertion);
      }
      if (spec.method === 'GET') url += `${url.includes('?') ? '&' : '?'}${form}`;
      else {
        body = form.toString();
        headers['content-type'] ??= 'application/x-www-form-urlencoded';
      }
    }
    if (spec.udap) {
      body = await withUdap(spec, spec.udap);
      headers['content-type'] ??= 'application/x-www-form-urlencoded';
    }
    if (spec.clientJwt) {
      const signer = signers['default'];
      if (!signer) throw new Stop('the target names no client key, so no client JWT can be signed', 'target-file');
      headers['authorization'] =
        `Bearer ${await signAssertion(signer, spec.url, { ...spec.clientJwt, claims: { sub: undefined, ...spec.clientJwt.claims } })}`;
    }
    if (spec.token !== undefined && spec.token !== 'none') {
      const token = tokens.get(spec.token);
      if (token === undefined && target.auth.kind !== 'none') throw new Stop(`there is no ${spec.token} access token`, 'payer');
      if (token !== undefined && mayCarryToken(target, known, spec.url)) headers['authorization'] = `Bearer ${token}`;
    }
    return { method: spec.method, url, headers, ...(body === undefined ? {} : { body }) };
  }

  /** The body with the signed JWT in it: a member of the JSON for a software statement, a field of the form for a client assertion. */
  async function withUdap(spec: RequestSpec, udap: UdapJwtSpec): Promise<string> {
    if (!setup.udap) throw new Stop('the target file names no UDAP client certificate (udap.client)', 'target-file');
    const again = udap.sign === 'same' ? firstUdap.get(udap.use) : undefined;
    const signed = again ?? (await setup.udap(udap, spec.url).catch(stopWith));
    // The first of a run is an honest one, and so the one to replay.
    if (!firstUdap.has(udap.use)) firstUdap.set(udap.use, signed);
    const { jwt, certification } = signed;
    if (udap.use === 'client_assertion') return new URLSearchParams({ ...spec.form, client_assertion: jwt }).toString();
    const members = JSON.parse(spec.body ?? '{}') as Record<string, Json>;
    return JSON.stringify({ ...members, software_statement: jwt, ...(certification === undefined ? {} : { certifications: [certification] }) });
  }

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

  async function ask(step: Step, spec: RequestSpec, labels: Labels = {}): Promise<Reply> {
    signal.throwIfAborted();
    refuseDead(spec.url);
    let request = await wire(spec);
    const options = { signal, ...(labels.timeout === undefined ? {} : { timeout: labels.timeout }) };
    let exchange = observe(step, request, await transport.send(request, options), labels);
    for (let hop = 0; redirectOf(exchange) !== undefined; hop++) {
      if (hop >= transport.limits.redirects) {
        const { facts = {} } = exchange;
        const error = { code: 'limit.redirects', message: `${hop} redirects in a row from ${spec.url}` } as const;
        exchange = observe(step, request, { ...exchange, facts, response: null, error }, { ...labels, follows: exchange.index });
        break;
      }
      const url = redirectOf(exchange) ?? '';
      request = { ...(await wire({ ...spec, url })), url };
      exchange = observe(step, request, await transport.send(request, options), { ...labels, follows: exchange.index });
    }
    brake.saw(spec.url, exchange.error);
    return replyOf(exchange);
  }

  async function handshake(url: string, offer: TlsOffer, labels: Labels = {}): Promise<RawExchange> {
    signal.throwIfAborted();
    return observe('tls', { method: 'CONNECT', url, headers: {} }, await transport.handshake(url, offer), labels);
  }

  async function askProbes(probes: readonly Probe[]): Promise<readonly Reply[]> {
    const replies: Reply[] = [];
    for (const probe of probes) {
      const spec = probe.request(known);
      if (typeof spec === 'string') setup.blocked(`probe ${probe.id} was not sent: ${spec}`, 'test-data');
      else replies.push(await ask(probe.step, spec, { probe: probe.id, ...(probe.member ? { member: probe.member } : {}) }));
    }
    return replies;
  }

  return {
    target,
    known,
    signal,
    signers,
    tokens,
    ask,
    askProbes,
    handshake,
    observe,
    amend: setup.amend ?? (() => undefined),
    ...(setup.files === undefined ? {} : { files: setup.files }),
    async prepare(spec) {
      refuseDead(spec.url);
      return wire(spec);
    },
    transport,
    debts: setup.debts ?? memoryDebts(),
  };
}

/** A token goes only to the FHIR base, the token endpoint and origins that the target file allows. */
export function mayCarryToken(target: Target, known: Known, url: string): boolean {
  const origin = parseUrl(url)?.origin;
  if (origin === undefined) return false;
  const named = target.auth.kind === 'smart-backend' ? target.auth.tokenEndpoint : undefined;
  const allowed = [target.fhir?.base, known.base, named, ...(target.allowedOrigins ?? [])].flatMap((each) =>
    each === undefined ? [] : [parseUrl(each)?.origin],
  );
  return allowed.includes(origin);
}

const stopWith = (cause: unknown): never => {
  throw new Stop(cause instanceof Error ? cause.message : String(cause), 'set-up');
};

/** Absolute target of a redirect that we may follow (GET and HEAD only). */
function redirectOf(exchange: RawExchange): string | undefined {
  const { response, request } = exchange;
  const location = response?.headers['location'];
  if (!response || location === undefined || ![301, 302, 303, 307, 308].includes(response.status) || !['GET', 'HEAD'].includes(request.method))
    return undefined;
  return URL.canParse(location, request.url) ? new URL(location, request.url).href : undefined;
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

const lower = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
