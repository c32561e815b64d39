import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asString, at, jsonOf } from '../core/fhir.ts';
import type { Exchange } from '../core/model.ts';
import type { Lent, SampleLine } from './plan.ts';
import { renewalOf, timedOf } from './timed.ts';

/**
 * Hands one token to all virtual users, as a provider system does that shares it among its callers: k6's are strangers to each other. On loopback, under a
 * path that nobody can guess.
 */
export interface Broker {
  readonly url: string;
  /** One sample a token request of the load, those before its first stage left out. */
  readonly samples: readonly SampleLine[];
  close(): Promise<void>;
}

/** `request` asks the payer for a token, once for all who wait; never throws for what the payer answers. */
export async function openBroker(request: () => Promise<Exchange>): Promise<Broker> {
  const samples: SampleLine[] = [];
  const path = `/${randomUUID()}`;
  let lent: Lent | undefined;
  let under: Promise<void> | undefined;
  const renew = async (stage: number | undefined): Promise<void> => {
    const began = Date.now();
    const exchange = await request();
    if (stage !== undefined) samples.push(timedOf(exchange, exchange, { stage, iteration: `token.${samples.length}`, at: began }));
    const body = jsonOf(exchange.response);
    const token = asString(at(body, 'access_token'));
    if (token === undefined)
      throw new Error(
        `The token endpoint ${exchange.request.url} gave no access_token: ${exchange.response?.status ?? exchange.error?.message ?? 'no answer'}.`,
      );
    lent = { token, renewAt: renewalOf(Number(at(body, 'expires_in') ?? 300), Date.now()) };
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const answer = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname !== path) return answer(404, {});
    if (lent !== undefined && Date.now() < lent.renewAt) return answer(200, lent);
    const stage = searchParams.get('stage');
    under ??= renew(stage === null ? undefined : Number(stage)).finally(() => {
      under = undefined;
    });
    under.then(
      () => answer(200, lent ?? {}),
      (cause: Error) => answer(502, { error: cause.message }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    samples,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
