import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../core/fhir.ts';
import type { WireRequest, WireResponse } from '../../core/model.ts';
import type { EhrAccess } from '../requests/crd/hooks.ts';
import type { Records } from '../requests/crd/records.ts';
import { capability, json, outcome, serve, unreadable } from './serving.ts';
import { bodyOf, mostBytes, wireOf } from './wire.ts';

/** A call that the service made back to us, with what we answered. */
export interface Callback {
  readonly request: WireRequest;
  readonly response: WireResponse;
  readonly startedAt: string;
  readonly ms: number;
  /** It carried the token of a hook call that was not over yet. */
  readonly authorised: boolean;
  /** The token that it carried, ours or not. */
  readonly token: string | undefined;
}

/** The right to read what belongs to one hook call, until `end` or its time is over. */
export interface Grant extends EhrAccess {
  end(): void;
}

/** The EHR's FHIR server, which a CRD service can call back. */
export interface Ehr {
  readonly base: string;
  readonly calls: readonly Callback[];
  /** A token for one hook call, with what it opens. `types`: resource types that it opens; absent: all. */
  grant(records: Records, limits?: { readonly scope?: string; readonly types?: readonly string[] }): Grant;
  /** Refuses or fails every query from now on, or serves again. */
  behave(mode: 'serve' | 'refuse' | 'fail'): void;
  close(): Promise<void>;
}

export interface EhrOptions {
  /** Where the service can reach us, when that is not this machine's loopback. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly url?: string;
  /** How long tokens live, s. CRD wants 30 at most. */
  readonly seconds?: number;
  /** Changes what the server says of itself. */
  readonly declares?: (statement: JsonObject) => JsonObject;
}

/** Callbacks kept and answered; a service that storms us is cut off with 429 after that. */
const maxCalls = 500;
/** For each caller: ms for its headers and for the whole request, header bytes; and callers at a time. */
const limits = { http: { headersTimeout: 10_000, requestTimeout: 20_000, maxHeaderSize: 32 * 1024 }, connections: 64 } as const;
const scope = 'patient/*.rs';

export async function startEhr({ listen, url, seconds = 30, declares = (statement) => statement }: EhrOptions = {}): Promise<Ehr> {
  const grants = new Map<string, { readonly records: Records; readonly ends: number; readonly types: readonly string[] | undefined }>();
  const calls: Callback[] = [];
  let mode: 'serve' | 'refuse' | 'fail' = 'serve';
  const answer = (request: WireRequest, records: Records | undefined, types?: readonly string[]): WireResponse => {
    if (mode === 'fail') return outcome(500, 'exception', 'The EHR cannot answer just now. Try again later.');
    const where = new URL(request.url);
    const wrongForm = unreadable(request, where);
    if (wrongForm) return wrongForm;
    // Clients read what a server is before they have anything to show it.
    if (where.pathname === `${new URL(base).pathname}/metadata`) return json(200, declares(capability(base, new Date().toISOString().slice(0, 10))));
    if (records === undefined || mode === 'refuse')
      return { ...outcome(401, 'login', 'Send the access token of the hook call as a bearer token, while the call lasts.'), ...challenge };
    const type = where.pathname.slice(new URL(base).pathname.length + 1).split('/')[0] ?? '';
    if (types !== undefined && !types.includes(type))
      return outcome(403, 'forbidden', `The token of this hook call does not open ${type || 'batches'}.`);
    return serve(request, base, records);
  };
  /** Whatever a service sends, it gets an answer, and the run goes on. */
  const guarded = (request: WireRequest, records: Records | undefined, types?: readonly string[]): WireResponse => {
    if (!URL.canParse(request.url)) return outcome(400, 'invalid', 'The request target is not a URL path. Ask for e.g. /ehr/Patient/ID.');
    if ((request.body?.length ?? 0) >= mostBytes) return outcome(413, 'too-long', `The body is longer than ${mostBytes} bytes.`);
    try {
      return answer(request, records, types);
    } catch (cause) {
      return outcome(500, 'exception', `A defect of this EHR (payer-assay) kept it from answering: ${(cause as Error).message}`);
    }
  };
  const server = createServer(limits.http, (incoming, outgoing) => {
    const began = performance.now();
    void bodyOf(incoming).then((body) => {
      const request = wireOf(incoming, base, body);
      const token = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
      const grant = grants.get(token ?? '');
      const authorised = grant !== undefined && performance.now() < grant.ends;
      const response =
        calls.length >= maxCalls
          ? outcome(429, 'throttled', `More than ${maxCalls} queries in one run. Wait, then ask only for what is missing.`)
          : guarded(request, authorised ? grant.records : undefined, grant?.types);
      if (calls.length < maxCalls)
        calls.push({ request, response, startedAt: new Date().toISOString(), ms: performance.now() - began, authorised, token });
      const text = request.method === 'HEAD' ? undefined : response.body;
      outgoing.writeHead(response.status, { ...response.headers, connection: 'close' }).end(text, () => incoming.destroy());
    });
  });
  server.maxConnections = limits.connections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen?.port ?? 0, listen?.host ?? '127.0.0.1', resolve);
  });
  const base = (url ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/ehr`).replace(/\/+$/, '');
  return {
    base,
    calls,
    grant(records, { scope: opened = scope, types } = {}) {
      const token = randomBytes(18).toString('base64url');
      grants.set(token, { records, ends: performance.now() + seconds * 1000, types });
      return { base, token, scope: opened, seconds, end: () => void grants.delete(token) };
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

const challenge = { headers: { 'content-type': 'application/fhir+json', 'www-authenticate': 'Bearer error="invalid_token"' } };
