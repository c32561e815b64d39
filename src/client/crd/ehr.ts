import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../core/fhir.ts';
import type { WireRequest, WireResponse } from '../../core/model.ts';

/** A call that the service made back to us, with what we answered. */
export interface Callback {
  readonly request: WireRequest;
  readonly response: WireResponse;
  readonly startedAt: string;
  readonly ms: number;
  /** It carried exactly the token of the hook call. */
  readonly authorised: boolean;
}

/** A small EHR FHIR server on loopback that a CRD service can call back with the token it was given. */
export interface Ehr {
  readonly base: string;
  readonly token: string;
  readonly calls: readonly Callback[];
  /** Serves these resources from now on. */
  hold(resources: ReadonlyMap<string, JsonObject>): void;
  /** Refuses or fails every query from now on, or serves again. */
  behave(mode: 'serve' | 'refuse' | 'fail'): void;
  close(): Promise<void>;
}

/** Callbacks kept and answered; a service that storms us is cut off with 429 after that. */
const maxCalls = 500;
/** For each caller: ms for its headers and for the whole request, header bytes; and callers at a time. */
const limits = { http: { headersTimeout: 10_000, requestTimeout: 20_000, maxHeaderSize: 32 * 1024 }, connections: 64 } as const;

export async function startEhr(): Promise<Ehr> {
  const token = randomBytes(18).toString('base64url');
  const calls: Callback[] = [];
  let held: ReadonlyMap<string, JsonObject> = new Map();
  let mode: 'serve' | 'refuse' | 'fail' = 'serve';
  const server = createServer(limits.http, (incoming, outgoing) => {
    const began = performance.now();
    const request = wireOf(incoming, base);
    const authorised = request.headers['authorization'] === `Bearer ${token}`;
    const response =
      calls.length >= maxCalls
        ? outcome(429, 'throttled', `More than ${maxCalls} queries in one run. Wait, then ask only for what is missing.`)
        : guarded(request, authorised);
    if (calls.length < maxCalls) calls.push({ request, response, startedAt: new Date().toISOString(), ms: performance.now() - began, authorised });
    // Nothing of a body is read: what asks us needs none.
    outgoing.writeHead(response.status, { ...response.headers, connection: 'close' }).end(response.body, () => incoming.destroy());
  });
  server.maxConnections = limits.connections;
  /** Whatever a service sends, it gets an answer, and the run goes on. */
  const guarded = (request: WireRequest, authorised: boolean): WireResponse => {
    if (!URL.canParse(request.url)) return outcome(400, 'invalid', 'The request target is not a URL path. Ask for e.g. /ehr/Patient/ID.');
    try {
      return answer(request, authorised);
    } catch (cause) {
      return outcome(500, 'exception', `A defect of this EHR (payer-assay) kept it from answering: ${(cause as Error).message}`);
    }
  };
  const answer = (request: WireRequest, authorised: boolean): WireResponse => {
    if (mode === 'fail') return outcome(500, 'exception', 'The EHR cannot answer just now. Try again later.');
    if (!authorised || mode === 'refuse') return outcome(401, 'login', 'Send the access token of the hook call as a bearer token.');
    const url = new URL(request.url);
    const [type = '', id] = url.pathname.replace(/^\/ehr\//, '').split('/');
    if (id !== undefined) {
      const resource = held.get(`${type}/${id}`);
      return resource ? json(200, resource) : outcome(404, 'not-found', `There is no ${type}/${id} here.`);
    }
    const wanted = url.searchParams.get('_id')?.split(',');
    const found = [...held.values()].filter((each) => each['resourceType'] === type && (wanted === undefined || wanted.includes(String(each['id']))));
    return json(200, {
      resourceType: 'Bundle',
      type: 'searchset',
      total: found.length,
      entry: found.map((resource) => ({ fullUrl: `${base}/${type}/${resource['id']}`, resource, search: { mode: 'match' } })),
    });
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ehr`;
  return {
    base,
    token,
    calls,
    hold(resources) {
      held = resources;
    },
    behave(next) {
      mode = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function wireOf(incoming: IncomingMessage, base: string): WireRequest {
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]));
  const target = incoming.url ?? '/';
  // What is no URL is recorded as it was asked for.
  return {
    method: incoming.method ?? 'GET',
    url: URL.canParse(target, base) ? new URL(target, base).href : `${new URL(base).origin}${target}`,
    headers,
  };
}

const json = (status: number, body: JsonObject): WireResponse => ({
  status,
  headers: { 'content-type': 'application/fhir+json' },
  body: JSON.stringify(body),
});
const outcome = (status: number, code: string, text: string): WireResponse =>
  json(status, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] });
