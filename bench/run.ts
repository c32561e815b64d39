import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { checks } from '../checks/index.ts';
import { type Embedded, startEmbedded } from '../mocks/embedded.ts';
import { signersOf } from '../src/client/identity.ts';
import { createTransport, type Transport } from '../src/client/transport.ts';
import { judge } from '../src/core/judge.ts';
import { drive } from '../src/run/drive.ts';
import { suites } from '../suites/index.ts';
import type { BenchRow } from './row.ts';

const pairs = 5;
const perRound = 4000;

/** Checks judged per second, and what the embedded payer costs beside a bare node:http server that sends the same bytes. */
export async function bench(): Promise<readonly BenchRow[]> {
  const embedded = await startEmbedded();
  const transport = createTransport();
  try {
    const signers = signersOf(embedded.target, embedded.secrets);
    const evidence = await drive({ target: embedded.target, suites, transport, signers });
    const began = performance.now();
    let judged = 0;
    while (performance.now() - began < 2000) judged += judge(checks, evidence, '2026-01-01').length;
    const perSecond = (judged * 1000) / (performance.now() - began);

    const sample = evidence.exchanges.find((each) => each.step === 'read' && each.probe === undefined && each.response?.status === 200);
    if (!sample?.response)
      throw new Error('The honest run holds no successful read to repeat. Run `payer-assay run --embedded` and look at the member suite.');
    const { ratio, rate } = await beside(sample.request.url, sample.response.body, await freshToken(embedded, transport));
    return [
      { name: 'checks judged per second', value: perSecond, unit: '/s' },
      { name: 'requests of one whole embedded run', value: evidence.exchanges.length, unit: 'requests' },
      { name: 'embedded payer, authorised Patient reads', value: rate, unit: '/s' },
      { name: 'embedded payer / bare node:http, same bytes (median of 5 pairs)', value: ratio, unit: 'ratio', atLeast: 0.5 },
    ];
  } finally {
    transport.close();
    await embedded.close();
  }
}

async function beside(url: string, body: string, token: string): Promise<{ readonly ratio: number; readonly rate: number }> {
  const bare = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(body));
  bare.listen(0, '127.0.0.1');
  await once(bare, 'listening');
  const bareUrl = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/`;
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const mine = await hammer(url, token);
    rates.push(mine);
    ratios.push(mine / (await hammer(bareUrl, token)));
  }
  bare.close();
  bare.closeAllConnections();
  return { ratio: median(ratios), rate: median(rates) };
}

/** A raw token: stored evidence has it redacted, so it is caught on its way in. */
async function freshToken(embedded: Embedded, transport: Transport): Promise<string> {
  let token = '';
  const listening: Transport = {
    ...transport,
    async send(...args) {
      const sent = await transport.send(...args);
      token = /"access_token":"([^"]+)"/.exec(sent.response?.body ?? '')?.[1] ?? token;
      return sent;
    },
  };
  const first = suites.filter((suite) => suite.id === 'discover' || suite.id === 'token');
  await drive({ target: embedded.target, suites: first, transport: listening, signers: signersOf(embedded.target, embedded.secrets) });
  return token;
}

/** Requests per second over 16 connections, sent from a thread of its own. */
async function hammer(url: string, token: string): Promise<number> {
  const worker = new Worker(new URL('./hammer.ts', import.meta.url), { workerData: { url, token, requests: perRound } });
  const [result] = (await once(worker, 'message')) as [{ readonly perSecond: number }];
  await worker.terminate();
  return result.perSecond;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
