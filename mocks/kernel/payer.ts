import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Hono } from 'hono';
import type { Dataset } from '../../fixtures/dataset.ts';
import type { Fault, Json, Step, WireRequest, WireResponse } from '../../src/core/model.ts';
import type { Declares } from './declares.ts';

/** What a route sees: text in, plain data out. */
export interface MockRequest extends WireRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A route's answer. `stream` replaces `body` for files too large to hold; `pack` makes the bytes that go out of the text, e.g. gzip. */
export interface MockReply extends WireResponse {
  readonly stream?: ReadableStream<Uint8Array>;
  readonly pack?: (body: string) => Uint8Array<ArrayBuffer>;
}

export type Handler = (request: MockRequest, payer: PayerState) => MockReply | Promise<MockReply>;

/** One thing the payer can be asked. `path` is a Hono pattern below the origin. */
export interface Route {
  readonly step: Step;
  readonly method: string;
  readonly path: string;
  readonly handle: Handler;
}

/**
 * What the honest payer insists on: small functions that routes consult. Each area adds its own (`declare module`), so that this file knows none of them;
 * these two act before the payer answers and belong to load.
 */
export interface Rules {
  /** Before a request is served: hold it back, or answer something else. */
  admit(step: Step, payer: PayerState): { readonly holdMs?: number; readonly instead?: MockReply };
  /** The last word on an answer. */
  underPressure(reply: MockReply, step: Step, request: MockRequest, payer: PayerState): MockReply;
}

/** What the payer remembers between requests. Replaced whole when a fault is injected. */
export interface PayerState {
  /** As clients see it, e.g. https://127.0.0.1:4711, no trailing slash. */
  readonly origin: string;
  readonly data: Dataset;
  readonly clients: ReadonlyMap<string, RegisteredClient>;
  readonly rules: Rules;
  /** What its CapabilityStatement is put together from. */
  readonly declared: readonly Declares[];
  /** Seconds since the epoch; the one clock of the payer. */
  readonly now: () => number;
  /** An area's own memory, made on first use. */
  memory<T>(area: string, create: () => T): T;
}

export interface Payer {
  /** Pure apart from the payer's memory: any host can serve it. */
  fetch(request: Request): Promise<Response>;
  /** Forgets everything and behaves with these defects from now on; none = honest. */
  inject(...faults: readonly Fault[]): void;
  /** Tells the payer under which origin it is reachable. */
  moveTo(origin: string): void;
  readonly state: PayerState;
  /** Every request the payer was asked, as it saw it. Bounded. */
  readonly asked: readonly WireRequest[];
  /** Has an injected fault changed an answer or a decision since it was injected? */
  readonly struck: boolean;
}

/** A provider system known to the authorization server. */
export interface RegisteredClient {
  readonly jwks: { readonly keys: readonly Json[] };
  /** Where its keys were registered by URL; the only `jku` it may send. */
  readonly jwksUrl?: string;
  readonly organization: string;
  /** Where it may be sent back to after a sign-in; absent: nobody said. */
  readonly redirectUris?: readonly string[];
  /** `iss` of its CDS Hooks JWTs, where that is not the client id. */
  readonly issuer?: string;
  /** Scopes of the registration; absent = read and search everything. */
  readonly scopes?: readonly string[];
}

export interface PayerSetup {
  readonly routes: readonly Route[];
  readonly honest: Rules;
  /** Named defects and peculiarities: each replaces some rules. */
  readonly behaviours: Readonly<Record<string, Partial<Rules>>>;
  readonly declared: readonly Declares[];
  readonly data: Dataset;
  readonly clients: ReadonlyMap<string, RegisteredClient>;
  /** What stands between this payer and its clients. */
  readonly proxy?: Gateway;
  /** Told of every routed request and its answer: what the payer's side records of a client. */
  readonly hear?: (step: Step, request: WireRequest, reply: WireResponse) => void;
}

/** A gateway of the payer's own: it may answer by itself, and it may word an answer differently. */
export interface Gateway {
  readonly before?: (request: MockRequest, payer: PayerState) => MockReply | undefined;
  /** The request as the payer behind it sees it. */
  readonly inside?: (request: MockRequest) => MockRequest;
  readonly after?: (reply: MockReply, request: MockRequest, payer: PayerState) => MockReply;
}

const keepAsked = 10_000;
/** Bytes of one request that are read; the largest honest one has some 100 kB. */
const longestBody = 8 * 2 ** 20;

export function createPayer(setup: PayerSetup): Payer {
  let base = 'http://127.0.0.1';
  let injected: readonly Fault[] = [];
  let watch: Watch = { struck: false };
  let state = freshState(base, setup);
  const asked: WireRequest[] = [];
  const app = new Hono();
  for (const route of setup.routes) {
    app.on(route.method, route.path, async (context) => {
      const url = new URL(context.req.url);
      // Reading a body costs a stream even when there is none.
      const body = ['GET', 'HEAD'].includes(context.req.method) ? '' : await textOf(context.req.raw);
      if (body === undefined)
        return toResponse({ status: 413, headers: { 'content-type': 'text/plain' }, body: `At most ${longestBody} bytes are read. Send less.` });
      const request: MockRequest = {
        method: context.req.method,
        url: state.origin + url.pathname + url.search,
        path: url.pathname,
        query: url.searchParams,
        headers: context.req.header(),
        params: context.req.param() as Record<string, string>,
        body,
      };
      if (asked.length < keepAsked) asked.push({ method: request.method, url: request.url, headers: request.headers, body: request.body });
      const own = setup.proxy?.before?.(request, state);
      if (own) return toResponse(own);
      const seen = setup.proxy?.inside?.(request) ?? request;
      const reply = await spoil(await pressed(seen, route), seen, route.step);
      const last = setup.proxy?.after?.(reply, request, state) ?? reply;
      setup.hear?.(route.step, request, last);
      return toResponse(last);
    });
  }
  app.notFound(async (context) => {
    const { pathname } = new URL(context.req.url);
    const [status, body] =
      pathname === '/'
        ? [200, `This is a synthetic health plan. Its FHIR base is ${state.origin}/fhir; begin with ${state.origin}/fhir/metadata.`]
        : [404, `Nothing lives at ${pathname}. The FHIR base is ${state.origin}/fhir; begin with ${state.origin}/fhir/metadata.`];
    return toResponse({ status, headers: { 'content-type': 'text/plain' }, body });
  });

  /** The route's answer, as far as the load of other requests lets it through unchanged. */
  async function pressed(request: MockRequest, route: Route): Promise<MockReply> {
    const { holdMs, instead } = state.rules.admit(route.step, state);
    if (holdMs !== undefined) await new Promise((resolve) => setTimeout(resolve, holdMs));
    return state.rules.underPressure(instead ?? (await route.handle(request, state)), route.step, request, state);
  }

  async function spoil(reply: MockReply, request: MockRequest, step: Step): Promise<MockReply> {
    let spoilt = reply;
    for (const fault of injected) {
      if (![fault.at].flat().includes(step)) continue;
      if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      if (fault.alter) spoilt = fault.alter(spoilt, request);
      watch.struck ||= fault.delayMs !== undefined || !isDeepStrictEqual(plainOf(spoilt), plainOf(reply));
    }
    return spoilt;
  }

  // The last catch: whatever a handler trips over, the caller gets words and a status, never a stack trace.
  app.onError((cause, context) => {
    console.error(`The embedded payer tripped over ${context.req.method} ${new URL(context.req.url).pathname}: ${cause.message}`);
    const trace = randomUUID();
    const text = 'Something went wrong inside this payer. Try again, and contact support with the trace id if it goes on.';
    const issue = [{ severity: 'error', code: 'exception', details: { text }, diagnostics: `${text} trace ${trace}` }];
    return toResponse({
      status: 500,
      headers: { 'content-type': 'application/fhir+json; charset=utf-8', 'x-request-id': trace },
      body: JSON.stringify({ resourceType: 'OperationOutcome', issue }),
    });
  });

  return {
    fetch: async (request) => app.fetch(request),
    inject(...faults) {
      injected = faults;
      watch = { struck: false };
      asked.length = 0;
      state = freshState(base, setup, injected, watch);
    },
    moveTo(next) {
      base = next;
      state = freshState(base, setup, injected, watch);
    },
    get state() {
      return state;
    },
    asked,
    get struck() {
      return watch.struck;
    },
  };
}

/** Whether what was injected has shown. */
interface Watch {
  struck: boolean;
}

/** What a client sees of an answer. */
const plainOf = ({ status, headers, body }: MockReply) => ({ status, headers, body });

function freshState(origin: string, setup: PayerSetup, injected: readonly Fault[] = [], watch: Watch = { struck: false }): PayerState {
  const memories = new Map<string, unknown>();
  const { data, clients, declared, honest, behaviours } = setup;
  const changes = injected.flatMap(({ behaviour }) => (behaviour === undefined ? [] : [behaviourCalled(behaviour, behaviours)]));
  return {
    ...{ origin, data, clients, declared },
    rules: Object.assign({}, honest, ...changes.map((change) => watched(change, honest, watch))),
    now: () => Math.floor(Date.now() / 1000),
    memory<T>(area: string, create: () => T): T {
      if (!memories.has(area)) memories.set(area, create());
      return memories.get(area) as T;
    },
  };
}

/** The rules of a defect, telling each time that one decides otherwise than the honest rule would have. */
function watched(change: Partial<Rules>, honest: Rules, watch: Watch): Partial<Rules> {
  type Rule = (...args: readonly unknown[]) => unknown;
  const pairs = Object.entries(change as Record<string, Rule>).map(([name, rule]) => {
    const before = (honest as unknown as Record<string, Rule>)[name];
    const tell: Rule = (...args) => {
      const decided = rule(...args);
      watch.struck ||= decided instanceof Promise || !isDeepStrictEqual(decided, before?.(...args));
      return decided;
    };
    return [name, tell];
  });
  return Object.fromEntries(pairs) as Partial<Rules>;
}

function behaviourCalled(name: string, behaviours: PayerSetup['behaviours']): Partial<Rules> {
  const found = behaviours[name];
  if (found === undefined) throw new Error(`The embedded payer has no behaviour called ${name}. Known: ${Object.keys(behaviours).join(', ')}.`);
  return found;
}

/** The body as text; undefined when it is longer than we read, whether it says so beforehand or not. */
async function textOf(request: Request): Promise<string | undefined> {
  const said = request.headers.get('content-length');
  if (said !== null) return Number(said) > longestBody ? undefined : request.text();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > longestBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toResponse(reply: MockReply): Response {
  const bare = reply.status === 204 || reply.status === 304;
  return new Response(bare ? null : (reply.stream ?? reply.pack?.(reply.body) ?? reply.body), { status: reply.status, headers: reply.headers });
}
