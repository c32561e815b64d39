import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createProvider, type Provider } from '../../src/client/provider.ts';
import { createTransport, type Transport } from '../../src/client/transport.ts';
import type { RawExchange, Target } from '../../src/core/model.ts';

/** A server that behaves like this, for the length of one test; answers with its origin. */
export async function serverOf(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

/** The same, and what it was asked. */
export async function noting(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, nth: number) => void,
): Promise<{ readonly origin: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const origin = await serverOf(t, (request, response) => {
    asked.push({ method: request.method ?? '', url: request.url ?? '', authorization: request.headers.authorization });
    request.resume();
    answer(request, response, asked.length);
  });
  return { origin, asked };
}

/** Our client towards one server, with the token `secret`; records what it did. */
export function clientOf(
  t: TestContext,
  origin: string,
  options: { readonly patch?: Partial<Target>; readonly transport?: Transport; readonly maxWait?: number } = {},
): Provider & { readonly recorded: readonly RawExchange[] } {
  const recorded: RawExchange[] = [];
  const transport = options.transport ?? createTransport();
  t.after(() => transport.close());
  const provider = createProvider({
    target: {
      name: 'test',
      fhir: { base: origin },
      auth: { kind: 'none' },
      members: {},
      bulk: { pollFloor: 1, ...(options.maxWait === undefined ? {} : { maxWait: options.maxWait }) },
      ...options.patch,
    },
    transport,
    signers: {},
    tokens: new Map([['default', 'secret']]),
    signal: new AbortController().signal,
    record(exchange) {
      const whole = { ...exchange, index: recorded.length, suite: 'test' };
      recorded.push(whole);
      return whole;
    },
    blocked: () => undefined,
  });
  return Object.assign(provider, { recorded });
}
