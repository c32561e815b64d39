import { gzipSync } from 'node:zlib';
import type { Sent } from '../../../client/sent.ts';
import type { Transport } from '../../../client/transport.ts';
import type { WireRequest } from '../../../core/model.ts';
import { came, header, type NotGone, of, status, type Variation } from './variation.ts';

/** Transport is free: certificates of the client, packed bodies, a newer HTTP. */

/** The same transport, with another way to send. */
const sending =
  (send: (request: WireRequest) => Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }>) =>
  (inner: Transport): Transport => ({
    ...inner,
    async send(request): Promise<Sent> {
      const startedAt = new Date().toISOString();
      const began = performance.now();
      const response = await send(request);
      const size = { sent: request.body?.length ?? 0, received: response.body.length, decoded: response.body.length };
      return { response, startedAt, timing: { total: performance.now() - began }, size, facts: {} };
    },
  });

const packed = sending(async ({ method, url, headers, body }) => {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-encoding': 'gzip' }) },
    ...(body === undefined ? {} : { body: gzipSync(body) }),
    redirect: 'manual',
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
});

export const transportVariations: readonly Variation[] = [
  {
    ids: ['cv-81'],
    text: 'request bodies in gzip',
    cases: ['C1', 'C6', 'I1', 'T3'],
    rows: ['client.crd.request-fields', 'client.crd.feedback.form', 'client.identity.match.shape', 'client.trust.reg.body'],
    differs: () => ({ carries: packed }),
    shows: ({ heard }) =>
      of(heard, 'cds.hook').some((each) => header(each, 'content-encoding') === 'gzip' && status(each) === 200) &&
      of(heard, 'member-match').some((each) => header(each, 'content-encoding') === 'gzip' && status(each) === 200),
  },
  {
    ids: ['cv-24'],
    text: 'mutual TLS beside the JWT',
    cases: ['C6'],
    rows: ['client.crd.jwt-per-call', 'client.trust.tls.chain'],
    https: true,
    shows: came('cds.hook', (each) => each.facts?.['heard.tls'] === 'TLSv1.3' && status(each) === 200),
    open: { 'client.trust.tls.chain': 'its cases have other listeners' },
  },
];
/** Parts of the list that our own client does not go. */
export const notGone: readonly NotGone[] = [
  {
    id: 'cv-02',
    part: 'bodies in application/fhir+xml',
    reason: 'our client writes JSON only; the row takes the media type as it stands, and the scripted payers read JSON only',
  },
  {
    id: 'cv-34',
    part: 'cards of order-select',
    reason: 'our client calls no order-select: the services of the script do not list it',
  },
  {
    id: 'cv-81',
    part: 'HTTP/2',
    reason: 'the scripted payers speak HTTP/1.1 only: a client that offers both (ALPN) speaks HTTP/1.1 with them, and no row can tell the difference',
  },
];
