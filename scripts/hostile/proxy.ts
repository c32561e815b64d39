import { request as ask, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTls, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** One request on its way to the payer, in the hands of a misbehaviour. */
export interface Turn {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Of the requests that the misbehaviour was given, from 1. */
  readonly nth: number;
  /** Where the proxy is reached. */
  readonly origin: string;
  readonly response: ServerResponse;
  /** For what no HTTP library would send. */
  readonly socket: Socket;
  /** What the honest payer says to it. */
  forward(): Promise<Answer>;
  /** The honest answer, changed. */
  answer(change?: (answer: Answer) => Partial<Answer>): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

export interface HostileProxy {
  readonly origin: string;
  /** Requests that came, `METHOD path`. */
  readonly seen: readonly string[];
  /** Requests and their raw bodies and headers, for those who look for secrets; `at` by the clock of performance.now(), ms. */
  readonly heard: readonly { readonly at: number; readonly method: string; readonly path: string; readonly headers: string; readonly body: string }[];
  /** Who is asked for honest answers. */
  toward(origin: string): void;
  /** What is done to each request; the honest answer when it is undefined. */
  act(how: ((turn: Turn) => Promise<void> | void) | undefined): void;
  /** In TLS: shows another certificate from now on, to those who come anew. */
  show(tls: { readonly cert: string; readonly key: string }): void;
  close(): Promise<void>;
}

/** Stands in front of the embedded payer and does to its answers what it is asked to do. On loopback, on a free port. */
export async function startProxy(tls?: { readonly cert: string; readonly key: string }): Promise<HostileProxy> {
  let upstream = '';
  let how: ((turn: Turn) => Promise<void> | void) | undefined;
  let count = 0;
  const heard: { at: number; method: string; path: string; headers: string; body: string }[] = [];
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    void handle(incoming, response).catch(() => response.destroy());
  };
  const server: Server = tls ? createTls({ ...tls }, listener) : createServer(listener);
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = 'GET', url: path = '/', headers, socket } = incoming;
    heard.push({ at: performance.now(), method, path, headers: JSON.stringify(headers), body: body.toString('latin1') });
    response.on('error', () => undefined);
    if (socket.listenerCount('error') < 5) socket.on('error', () => undefined);
    const forward = () => forwarded(`${upstream}${path}`, method, headers, body);
    const answer = async (change: (answer: Answer) => Partial<Answer> = () => ({})): Promise<void> => {
      const honest = await forward();
      const { status, headers: fields, body: text } = { ...honest, ...change(honest) };
      const plain = Object.fromEntries(
        Object.entries(fields).filter(([name]) => !/^(content-length|transfer-encoding|connection|keep-alive)$/.test(name)),
      );
      response.writeHead(status, {
        ...plain,
        ...(response.hasHeader('transfer-encoding') ? {} : { 'content-length': Buffer.byteLength(text) }),
      } as never);
      response.end(method === 'HEAD' ? undefined : text);
    };
    if (how === undefined) return answer();
    await how({ method, path, headers, body, nth: ++count, origin, response, socket, forward, answer });
  }

  return {
    origin,
    get seen() {
      return heard.map(({ method, path }) => `${method} ${path}`);
    },
    heard,
    toward(next) {
      upstream = next;
    },
    act(next) {
      how = next;
      count = 0;
    },
    show(next) {
      if (server instanceof TlsServer) server.setSecureContext(next);
      server.closeAllConnections();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forwarded(url: string, method: string, headers: IncomingMessage['headers'], body: Buffer): Promise<Answer> {
  const { 'accept-encoding': _, connection: __, ...rest } = headers;
  return new Promise((resolve, reject) => {
    const outgoing = ask(url, { method, headers: rest }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', reject);
      incoming.once('end', () => {
        const fields = Object.fromEntries(Object.entries(incoming.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
        resolve({ status: incoming.statusCode ?? 502, headers: fields, body: Buffer.concat(chunks) });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
