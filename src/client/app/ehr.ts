import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppCallFacts, AppCase, WireRequest, WireResponse } from '../../core/model.ts';
import { capability, json, outcome, serve, unreadable } from '../crd/serving.ts';
import { bodyOf, wireOf } from '../crd/wire.ts';
import type { Records } from '../requests/crd/records.ts';
import { authorizeFacts, bytesOf, matches } from './authorize.ts';
import { consentPage, discovery, harmless, oauthError } from './documents.ts';

import { createSigner } from './sign.ts';

/**
 * The EHR that launches apps: its FHIR server and its authorization server, on loopback. One for all launches; each launch has an address, codes and tokens
 * of its own. Source: http://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
 */

/** A request of the app, with what we answered. */
export interface AppCall {
  readonly request: WireRequest;
  readonly response: WireResponse;
  readonly startedAt: string;
  readonly ms: number;
  readonly facts: AppCallFacts;
}

/** One launch: where the app is sent, and what it then does. */
export interface Launch {
  readonly iss: string;
  readonly launch: string;
  readonly calls: readonly AppCall[];
  /** Values of this launch that nobody else may read: launch, codes, tokens, states, verifiers. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The access token that the app holds, if it has one. */
  token(): string | undefined;
  /** Resolves when a query waits for its answer (case `slow`). */
  readonly asked: Promise<void>;
  /** Lets the answers go that were held back. */
  release(): void;
}

export interface LaunchContext {
  readonly records: Records;
  readonly patient: string;
  readonly appContext?: string | undefined;
  /** The app's client_id; absent: whatever it sends. */
  readonly clientId?: string | undefined;
  /** A fixed name of this EHR in `iss`, for apps that know only whom they are registered with; absent: another one each time. One launch at a time has it. */
  readonly path?: string | undefined;
}

export interface AppEhr {
  open(kind: AppCase, context: LaunchContext): Launch;
  close(): Promise<void>;
}

export interface AppEhrOptions {
  /** Where the app's server can reach us, when it does not run on this machine. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly url?: string;
  /** How long tokens live, s. */
  readonly seconds?: number;
}

const limits = { http: { headersTimeout: 10_000, requestTimeout: 20_000, maxHeaderSize: 32 * 1024 }, connections: 64 } as const;
/** Calls of one launch that are kept and answered. */
const mostCalls = 300;
/** Longest that an answer is held back, ms. */
const mostHeld = 10_000;
/**
 * What lets a page of another origin read our answers, whatever its library sends along: some ask with credentials, and then no `*` will do.
 * Source: http://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#considerations-for-cross-origin-resource-sharing-cors-support
 */
const shared = ({ headers }: WireRequest): WireResponse['headers'] => ({
  'access-control-allow-origin': headers['origin'] ?? '*',
  ...(headers['origin'] === undefined ? {} : { 'access-control-allow-credentials': 'true', vary: 'Origin' }),
  'access-control-allow-headers': headers['access-control-request-headers'] ?? 'Accept, Authorization, Content-Type',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-expose-headers': 'Content-Location, ETag, Location, WWW-Authenticate',
  'access-control-max-age': '600',
  'cache-control': 'no-store',
});

type Answering = (request: WireRequest, path: string) => Promise<{ readonly response: WireResponse; readonly facts: AppCallFacts }>;

export async function startAppEhr({ listen, url, seconds = 300 }: AppEhrOptions = {}): Promise<AppEhr> {
  const launches = new Map<string, { readonly answer: Answering; readonly calls: AppCall[]; release(): void }>();
  const signer = createSigner();
  const server = createServer(limits.http, (incoming, outgoing) => {
    const began = performance.now();
    const startedAt = new Date().toISOString();
    void bodyOf(incoming).then(async (body) => {
      const request = wireOf(incoming, root, body);
      const { pathname } = URL.canParse(request.url) ? new URL(request.url) : { pathname: '/' };
      const [key = '', ...rest] = pathname.slice(new URL(root).pathname.replace(/\/$/, '').length + 1).split('/');
      const launch = launches.get(key);
      const end = (response: WireResponse) =>
        outgoing
          .writeHead(response.status, { ...response.headers, ...shared(request), connection: 'close' })
          .end(request.method === 'HEAD' ? undefined : response.body);
      if (request.method === 'OPTIONS') return end({ status: 204, headers: {}, body: '' });
      if (!launch || launch.calls.length >= mostCalls) return end(outcome(404, 'not-found', 'No launch of ours has this address.'));
      const { response, facts } = await launch.answer(request, `/${rest.join('/')}`).catch((cause: Error) => ({
        response: outcome(500, 'exception', `A defect of this EHR (payer-assay) kept it from answering: ${cause.message}`),
        facts: { 'app.call': 'other' } as const,
      }));
      launch.calls.push({ request, response, startedAt, ms: performance.now() - began, facts });
      return end(response);
    });
  });
  server.maxConnections = limits.connections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen?.port ?? 0, listen?.host ?? '127.0.0.1', resolve);
  });
  const root = (url ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/ehr`).replace(/\/+$/, '');
  return {
    open(kind, context) {
      const key = context.path ?? randomBytes(9).toString('base64url');
      launches.get(key)?.release();
      const calls: AppCall[] = [];
      const made = launchAt(`${root}/${key}`, kind, context, seconds, signer);
      launches.set(key, { answer: made.answer, calls, release: made.launch.release });
      return { ...made.launch, calls };
    },
    close: () =>
      new Promise((resolve) => {
        for (const each of launches.values()) each.release();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What one launch answers, by what its case is about. */
function launchAt(
  base: string,
  kind: AppCase,
  { records, patient, appContext, clientId }: LaunchContext,
  seconds: number,
  signer: ReturnType<typeof createSigner>,
) {
  const iss = `${base}/fhir`;
  const launch = randomUUID();
  const secrets = new Map<string, string>([['launch', launch]]);
  const keep = (name: string, value: string | null): void => {
    if (value !== null && value !== '') secrets.set(`${name}.${secrets.size}`, value);
  };
  const codes = new Map<
    string,
    { readonly challenge: string; readonly method: string; readonly redirect: string; readonly scope: string; readonly client: string; used: boolean }
  >();
  const tokens = new Map<string, number>();
  const states = new Set<string>();
  let [last, held, release] = [undefined as string | undefined, (): void => undefined, (): void => undefined];
  const asked = new Promise<void>((resolve) => {
    held = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const few: Records = new Map([...records].filter(([path]) => kind !== 'empty' || path.startsWith('Patient/')));

  function authorize(request: WireRequest): { readonly response: WireResponse; readonly facts: AppCallFacts } {
    const asks = request.method === 'POST' ? new URLSearchParams(request.body ?? '') : new URL(request.url).searchParams;
    const facts = { 'app.call': 'authorize', 'app.authorize': authorizeFacts(asks, { iss, launch, clientId }) } as const;
    const redirect = asks.get('redirect_uri') ?? '';
    for (const name of ['state', 'code_challenge']) keep(name, asks.get(name));
    if (!/^https?:$/.test(URL.canParse(redirect) ? new URL(redirect).protocol : ''))
      return { response: oauthError(400, 'invalid_request', 'redirect_uri is no http(s) URL.'), facts };
    states.add(asks.get('state') ?? '');
    const back = (pairs: Readonly<Record<string, string>>): string => {
      const to = new URL(redirect);
      const state = asks.get('state');
      const told: string | null = kind === 'wrong-state' ? randomUUID() : state;
      if (kind === 'wrong-state') keep('state', told);
      for (const [name, value] of Object.entries({ ...pairs, ...(told === null ? {} : { state: told }) })) to.searchParams.set(name, value);
      return to.href;
    };
    const code = randomBytes(18).toString('base64url');
    keep('code', code);
    codes.set(code, {
      challenge: asks.get('code_challenge') ?? '',
      method: asks.get('code_challenge_method') ?? '',
      redirect,
      scope: asks.get('scope') ?? '',
      client: asks.get('client_id') ?? '',
      used: false,
    });
    const refuse = back({ error: 'access_denied', error_description: `The user did not allow it.${harmless}` });
    return { response: consentPage(back({ code }), refuse, asks.get('client_id') ?? 'An app', asks.get('scope') ?? ''), facts };
  }

  async function token(request: WireRequest): Promise<{ readonly response: WireResponse; readonly facts: AppCallFacts }> {
    const form = new URLSearchParams(request.body ?? '');
    keep('verifier', form.get('code_verifier'));
    if (form.get('grant_type') === 'refresh_token')
      return { response: oauthError(400, 'invalid_grant', 'This EHR gave no refresh token.'), facts: { 'app.call': 'refresh' } };
    const code = codes.get(form.get('code') ?? '');
    const verifier = form.get('code_verifier') ?? '';
    const found = verifier === '' ? 'absent' : code !== undefined && matches(verifier, code.challenge, code.method) ? 'matches' : 'differs';
    const about = {
      client: authentication(request, form),
      code: code === undefined ? 'unknown' : code.used ? 'again' : 'first',
      verifier: found,
      redirect: code !== undefined && form.get('redirect_uri') === code.redirect,
    } as const;
    const facts = { 'app.call': 'token', 'app.token': about } as const;
    const again = code?.used === true;
    if (code) code.used = true;
    if (!code || again) return { response: oauthError(400, 'invalid_grant', 'The code is unknown or used. Launch the app again.'), facts };
    // PKCE is judged, not enforced, so that what comes after can be seen; one that is wrong is refused as every server would.
    if (code.challenge !== '' && found !== 'matches')
      return { response: oauthError(400, 'invalid_grant', 'code_verifier does not match the code_challenge.'), facts };
    const access = randomBytes(24).toString('base64url');
    keep('token', access);
    last = access;
    // Only the first is expired: an app that asks for authorization anew has done right.
    tokens.set(access, kind === 'expired' && tokens.size === 0 ? 0 : performance.now() + seconds * 1000);
    const sso = code.scope.split(' ').includes('openid');
    const idToken = sso
      ? await signer.idToken({ iss, sub: 'ehr-practitioner', aud: code.client, fhirUser: `${iss}/Practitioner/ehr-practitioner` })
      : undefined;
    if (idToken !== undefined) keep('idToken', idToken);
    return {
      response: bytesOf({
        ...{ access_token: access, token_type: 'Bearer', expires_in: seconds, scope: code.scope, patient, encounter: 'ehr-encounter' },
        ...{
          need_patient_banner: true,
          ...(appContext === undefined ? {} : { appContext }),
          ...(idToken === undefined ? {} : { id_token: idToken }),
        },
      }),
      facts,
    };
  }

  async function query(request: WireRequest): Promise<{ readonly response: WireResponse; readonly facts: AppCallFacts }> {
    const sent = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
    const ends = tokens.get(sent);
    const facts = { 'app.call': 'query', 'app.authorised': ends !== undefined } as const;
    const wrongForm = unreadable(request, new URL(request.url));
    if (wrongForm) return { response: wrongForm, facts };
    if (ends === undefined || performance.now() > ends) {
      const refused = outcome(
        401,
        ends === undefined ? 'login' : 'expired',
        ends === undefined ? 'Send the access token.' : 'The access token has expired.',
      );
      return { response: { ...refused, headers: { ...refused.headers, 'www-authenticate': 'Bearer error="invalid_token"' } }, facts };
    }
    if (kind === 'slow') {
      held();
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, mostHeld);
      });
      await Promise.race([gate, bound]);
      clearTimeout(timer);
    }
    return { response: serve(request, iss, few), facts };
  }

  const answer: Answering = async (request, path) => {
    if (path === '/fhir/.well-known/smart-configuration') return { response: bytesOf(discovery(base, iss)), facts: { 'app.call': 'discovery' } };
    if (path === '/fhir/metadata') return { response: json(200, withOauth(base, iss)), facts: { 'app.call': 'metadata' } };
    if (path === '/auth/authorize') return authorize(request);
    if (path === '/auth/token' && request.method === 'POST') return token(request);
    if (path === '/auth/jwks') return { response: bytesOf(await signer.jwks()), facts: { 'app.call': 'other' } };
    if (path.startsWith('/fhir/')) return query(request);
    return { response: outcome(404, 'not-found', 'This EHR has nothing at this address.'), facts: { 'app.call': 'other' } };
  };
  return { answer, launch: { iss, launch, secrets, token: () => last, asked, release: () => release() } };
}

/** How a client proves who it is. That it does is seen; whether its secret is right only the EHR knows that gave it. */
function authentication({ headers }: WireRequest, form: URLSearchParams): NonNullable<NonNullable<AppCallFacts['app.token']>['client']> {
  if (/^Basic ./i.test(headers['authorization'] ?? '')) return 'basic';
  if (form.has('client_assertion')) return 'assertion';
  return form.has('client_secret') ? 'post' : 'none';
}

/** Apps of SMART 1.0 look for the endpoints in the CapabilityStatement. Source: http://hl7.org/fhir/smart-app-launch/1.0.0/conformance/index.html */
function withOauth(base: string, iss: string) {
  const statement = capability(iss, new Date().toISOString().slice(0, 10));
  const [rest] = statement['rest'] as readonly { readonly [key: string]: unknown }[];
  const urls = [
    { url: 'authorize', valueUri: `${base}/auth/authorize` },
    { url: 'token', valueUri: `${base}/auth/token` },
  ];
  const security = {
    cors: true,
    service: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }] }],
    extension: [{ url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris', extension: urls }],
  };
  return { ...statement, rest: [{ ...rest, security }] } as typeof statement;
}
