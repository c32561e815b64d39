import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { at } from '../../src/core/fhir.ts';
import type { Facts, RawExchange, Step, Target } from '../../src/core/model.ts';
import type { HostOptions } from '../kernel/host.ts';
import type { MockReply, RegisteredClient } from '../kernel/payer.ts';
import { callerFor } from './caller.ts';
import type { Asked, Case, Serving, Stage } from './case.ts';
import { healthyDirectory } from './cases/directory.ts';
import { signIn } from './cases/sign-in.ts';
import { desk } from './cds.ts';
import { jwtFacts } from './jwt.ts';
import { createRecorder } from './recorder.ts';
import { bodyOf, send } from './send.ts';
import { tlsMaker } from './tls.ts';
import { type Virtual, virtualPayer } from './virtual.ts';

export interface ScriptedOptions extends Pick<HostOptions, 'port' | 'tls' | 'publicUrl'> {
  readonly cases: readonly Case[];
  readonly clients: ReadonlyMap<string, RegisteredClient>;
  /** Which address is bound. Default: loopback. */
  readonly bind?: string;
  /** Share of the catalogue's times, above 0 and up to 1. */
  readonly share?: number;
  /** Random words and people come from this. */
  readonly seed?: number;
  readonly onHeard?: (exchange: RawExchange) => void;
  /** What a limited user of the client may not read, e.g. `Observation/7`. */
  readonly restricted?: string;
  /** Where the client publishes its keys. */
  readonly keysAt?: string;
  /** PEM of the roots that certificates of the client lead to; `case`: those of the trust community of each case. Absent: nobody said. */
  readonly anchors?: readonly string[] | 'case';
}

/** The scripted payers, running. */
export interface Scripted {
  readonly origin: string;
  /** PEM of the authority that the client must trust for cases about TLS, where there are any. */
  readonly authority?: string;
  readonly heard: readonly RawExchange[];
  /** Requests beyond what is kept. */
  readonly dropped: number;
  /** Ms since the recording began. */
  now(): number;
  stage(id: string): Stage;
  /** What a client must know of this case's payer; the people of the case among it. */
  knows(id: string): Promise<{ readonly target: Target; readonly secrets: Readonly<Record<string, string>> }>;
  close(): Promise<void>;
}

type Listener = NonNullable<Facts['heard.listener']>;
/** What is known of a request while it is answered. */
interface Note {
  step: Step;
  after?: (() => Promise<unknown>) | undefined;
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const plainHeaders = (incoming: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]));
const text = (status: number, body: string): MockReply => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body });

/** One listener for all virtual payers (`/CASE/...`), one canary at another origin, one on plain http. Nothing but loopback is bound unless asked. */
export async function startScripted(options: ScriptedOptions): Promise<Scripted> {
  const { cases, clients, bind = '127.0.0.1', share = 1, seed = 1 } = options;
  const known = new Map(cases.map((each, nth) => [each.id, { ...each, nth }]));
  const recorder = createRecorder(options.onHeard);
  const steps = new AsyncLocalStorage<{ step: Step }>();
  const virtuals = new Map<string, Promise<Virtual>>();
  const servings = new Map<string, Serving>();
  const origins: Record<Listener, string> = { payer: '', canary: '', plain: '', caller: '' };
  const askFor = callerFor(recorder, Math.max(2000, 10_000 * share));
  const secured = new Map<string, string>();
  const errands = new Set<Promise<unknown>>();

  const stage = (id: string): Stage => ({
    case: id,
    root: `${secured.get(id) ?? origins.payer}/${id}`,
    canary: `${origins.canary}/${id}`,
    plain: `${origins.plain}/${id}`,
    word: sha256(`${seed} ${id}`).slice(0, 8),
    seconds: (full) => Math.max(1, Math.round(full * share)),
    share,
    restricted: options.restricted,
    keysAt: options.keysAt,
    registered: (clientId) => clients.get(clientId),
    ask: (question) => askFor(id, question),
  });
  const servingOf = (id: string): Serving => {
    const found = servings.get(id) ?? known.get(id)?.serves?.(stage(id)) ?? healthyServing(known.get(id)?.journey, stage(id));
    servings.set(id, found);
    return found;
  };
  const virtual = (id: string): Promise<Virtual> => {
    const found =
      virtuals.get(id) ??
      virtualPayer(stage(id), servingOf(id), {
        clients,
        seed: seed * 1000 + (known.get(id)?.nth ?? 0),
        udap: known.get(id)?.journey === 'udap',
        hear: (step) => {
          const note = steps.getStore();
          if (note) note.step = step;
        },
      });
    virtuals.set(id, found);
    return found;
  };

  const anchorsOf = async (id: string): Promise<readonly string[]> =>
    options.anchors === 'case' ? ((await virtual(id)).target.udap?.communities.map(({ anchors }) => anchors) ?? []) : (options.anchors ?? []);

  async function answerOf(id: string, listener: Listener, asked: Asked, note: Note): Promise<Response> {
    const serving = servingOf(id);
    if (listener !== 'payer')
      return toResponse((listener === 'canary' ? serving.canary?.(asked) : undefined) ?? text(404, 'Nothing is served here.'));
    const told = await serving.instead?.(asked);
    if (told) {
      note.step = told.step;
      note.after = told.after;
      return toResponse(told.reply);
    }
    const { payer } = await virtual(id);
    const path = serving.rewrite?.(asked.path) ?? asked.path;
    const request = new Request(`http://payer.invalid${path}${asked.search}`, {
      method: asked.method,
      headers: asked.headers,
      ...(['GET', 'HEAD'].includes(asked.method) ? {} : { body: asked.body }),
    });
    return steps.run(note, () => payer.fetch(request));
  }

  async function serve(listener: Listener, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const target = incoming.url ?? '/';
    const [, id = '', rest = '', search = ''] = /^\/([A-Za-z0-9-]+)(\/[^?]*)?(\?.*)?$/.exec(target) ?? [];
    const fits = known.has(id);
    const open = recorder.begin(incoming, { case: fits ? id : '', listener });
    const headers = plainHeaders(incoming);
    const { text: body, bytes, whole } = await bodyOf(incoming);
    const method = incoming.method ?? 'GET';
    const asked: Asked = { method, path: rest === '' ? '/' : rest, search, headers, body };
    const note: Note = { step: 'elsewhere' };
    const notes = fits && listener === 'payer' ? servingOf(id).notes?.(asked) : undefined;
    let answer: Response;
    if (!whole && bytes > 0) answer = toResponse(text(413, 'A request of more than 8 MB is not read. Send less.'));
    else if (!fits)
      answer = toResponse(
        text(404, `No case of this script lives at ${target.slice(0, 100)}. Each has a base of its own: ${origins.payer}/CASE/fhir.`),
      );
    else
      answer = await answerOf(id, listener, asked, note).catch((cause: Error) =>
        toResponse(text(500, `The scripted payer tripped: ${cause.message}`)),
      );
    const jwt = await jwtFacts({ headers, body }, clients, fits ? await anchorsOf(id) : []);
    const names =
      fits && note.step.startsWith('directory.') ? namesIn(`${target} ${JSON.stringify(headers)} ${body}`, (await virtual(id)).target) : [];
    const gone = await send(answer, outgoing, Math.max(50, 10_000 * share));
    if (note.after !== undefined) {
      const errand = note.after().catch(() => undefined);
      errands.add(errand);
      void errand.then(() => errands.delete(errand));
    }
    const hash = note.step === 'cds.hook' && gone.response?.status === 200 ? { 'heard.hash': sha256(gone.response.body) } : {};
    if (!whole) incoming.destroy();
    recorder.end(open, {
      ...{
        step: note.step,
        method,
        url: `${(listener === 'payer' ? secured.get(id) : undefined) ?? origins[listener]}${target}`,
        headers,
        body,
        bytes,
        ...gone,
      },
      facts: { ...hash, ...notes, ...(names.length === 0 ? {} : { 'heard.names': names }), ...(jwt === undefined ? {} : { 'heard.jwt': jwt }) },
    });
  }

  const servers: Server[] = [];
  async function listen(listener: Listener, make: (handle: RequestListener) => Server, port = 0): Promise<string> {
    const server = make((incoming, outgoing) => {
      // A client that goes away in the middle ends its own exchange and nothing else.
      outgoing.on('error', () => undefined);
      serve(listener, incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.headersTimeout = 10_000;
    server.requestTimeout = 60_000;
    server.maxConnections = 1024;
    server.on('clientError', (_cause, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, bind, resolve);
    });
    servers.push(server);
    const { port: bound } = server.address() as AddressInfo;
    return `http://${bind === '0.0.0.0' ? '127.0.0.1' : bind}:${bound}`;
  }
  const { tls } = options;
  const secure = (handle: RequestListener): Server => (tls === undefined ? createServer(handle) : createHttps({ ...tls }, handle));
  const scheme = (origin: string): string => (tls === undefined ? origin : origin.replace(/^http:/, 'https:'));
  origins.payer = options.publicUrl?.replace(/\/$/, '') ?? scheme(await listen('payer', secure, options.port));
  if (options.publicUrl !== undefined) await listen('payer', secure, options.port);
  origins.canary = scheme(await listen('canary', secure));
  origins.plain = await listen('plain', createServer);

  const own = cases.filter(({ journey }) => journey === 'secure');
  const maker = own.length === 0 ? undefined : await tlsMaker();
  for (const { id, tls: kind = 'good' } of maker === undefined ? [] : own) {
    const parts = await maker?.partsFor(kind);
    if (parts === undefined) continue;
    const address = await listen('payer', (handle) => createHttps({ ...parts }, handle).on('connection', () => recorder.touched(id)));
    secured.set(id, address.replace(/^http:/, 'https:'));
  }

  return {
    origin: origins.payer,
    ...(maker === undefined ? {} : { authority: maker.authority }),
    heard: recorder.heard,
    get dropped() {
      return recorder.dropped;
    },
    now: recorder.now,
    stage,
    knows: async (id) => {
      const { target, secrets } = await virtual(id);
      return { target, secrets };
    },
    close: async () => {
      await Promise.all(errands);
      await Promise.all(
        servers.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
    },
  };
}

/** Journeys that need more than the payer's own routes have it of a healthy payer too. */
const healthyServing = (journey: string | undefined, stage: Stage): Serving => (journey === undefined ? undefined : wider[journey])?.(stage) ?? {};
const wider: Readonly<Record<string, (stage: Stage) => Serving>> = { crd: desk({}), directory: healthyDirectory, 'sign-in': signIn() };

/** What of the member of the case is said in a request, by name. */
function namesIn(text: string, { members: { known } }: Target): readonly string[] {
  const said = text.replace(/%(?![0-9a-f]{2})/gi, '').toLowerCase();
  const values = {
    'the family name': at(known?.patient, 'name', 0, 'family'),
    'the birth date': at(known?.patient, 'birthDate'),
    'the member number': at(known?.coverage, 'subscriberId'),
  };
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' && value.length > 3 && said.includes(value.toLowerCase()) ? [name] : [],
  );
}

function toResponse(reply: MockReply): Response {
  const bare = reply.status === 204 || reply.status === 304;
  return new Response(bare ? null : (reply.stream ?? reply.pack?.(reply.body) ?? reply.body), { status: reply.status, headers: reply.headers });
}
