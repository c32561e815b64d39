import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import got, { type Response } from 'got';
import type { Facts, Timing, TransportError, WireRequest } from '../core/model.ts';
import { beyondShape } from '../core/shape.ts';
import { within } from './deadline.ts';
import { agentsFor, type Proxies, proxiesOf } from './proxies.ts';
import type { Sent } from './sent.ts';
import { createStreams, type Streams } from './stream.ts';
import { materialOf, type TlsOptions } from './tls-material.ts';
import { probeTls, type TlsOffer } from './tls-probe.ts';
import { explain, httpError, maxHeaders } from './transport-errors.ts';

/** Bounds on what a server may do to us. */
export interface Limits {
  /** Whole request, ms. */
  readonly timeout: number;
  /** Bytes received, and bytes after decompression. */
  readonly body: number;
  readonly inflated: number;
  readonly redirects: number;
}

/** 32 MiB holds any single page we ask for; inflation is capped so that a small bomb stays small. */
export const defaultLimits: Limits = { timeout: 60_000, body: 32 * 2 ** 20, inflated: 64 * 2 ** 20, redirects: 5 };

export type { TlsOptions } from './tls-material.ts';

/** HTTP within our limits: nothing throws, nothing is followed or retried. */
export interface Transport {
  readonly limits: Limits;
  /** Sends once: no redirect is followed, nothing is retried, nothing throws. */
  send(request: WireRequest, options?: { readonly timeout?: number; readonly signal?: AbortSignal }): Promise<Sent>;
  /** Opens a body that is too large to hold. */
  readonly open: Streams['open'];
  /** One TLS handshake with old or new versions only; see tls-probe.ts. */
  handshake(url: string, offer: TlsOffer): Promise<Sent>;
  close(): void;
}

/**
 * HTTP on got: per-phase timings, bounded bodies, keep-alive. `tls` holds PEM text; `proxies` default to those of the environment. `lookup` resolves
 * names for whatever connects without a proxy.
 * Throws when a proxy is named that this Node cannot use.
 */
export function createTransport(
  tls: TlsOptions = {},
  limits: Limits = defaultLimits,
  proxies: Proxies | undefined = proxiesOf(process.env),
  lookup?: LookupFunction,
): Transport {
  const agents = agentsFor(proxies);
  const streams = createStreams(tls, proxies, lookup);
  return {
    limits,
    open: streams.open,
    async send(request, options = {}) {
      const startedAt = new Date().toISOString();
      const began = performance.now();
      const stop = new AbortController();
      const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
      let switchedTo = (_: Error): void => undefined;
      const switched = new Promise<never>((_, reject) => {
        switchedTo = reject;
      });
      const timeout = options.timeout ?? limits.timeout;
      let overflow = false;
      let facts: Facts = {};
      let begun = false;
      const sent = Buffer.byteLength(request.body ?? '');
      const total = () => performance.now() - began;
      try {
        const pending = got(request.url, {
          method: request.method as 'GET',
          headers: {
            ...request.headers,
            'user-agent': request.headers['user-agent'] ?? 'payer-assay',
            ...(request.body === undefined ? {} : { 'content-length': String(sent) }),
          },
          ...(request.body === undefined ? {} : { body: inOnePiece(request.body) }),
          agent: agents,
          allowGetBody: true,
          maxHeaderSize: maxHeaders,
          https: httpsOptions(tls),
          ...(lookup === undefined ? {} : { dnsLookup: lookup as never }),
          retry: { limit: 0 },
          throwHttpErrors: false,
          followRedirect: false,
          decompress: false,
          timeout: { request: timeout },
          signal,
        });
        pending.on('response', (response: Response) => {
          facts = tlsFacts(response.socket as TLSSocket);
        });
        pending.on('downloadProgress', ({ transferred }) => {
          if (transferred > limits.body) {
            overflow = true;
            stop.abort();
          }
        });
        pending.on('request', (outgoing: ClientRequest) => {
          // Node says it at once with the head; got's own events come turns later, and not at all when the answer broke off meanwhile.
          outgoing.prependOnceListener('response', () => {
            begun = true;
          });
          // Nobody asked for another protocol, and got would wait for its answer without end.
          outgoing.once('upgrade', ({ statusCode }: IncomingMessage, socket: Duplex) => {
            socket.destroy();
            switchedTo(httpError(`it switched protocols (${statusCode}), which nobody asked for`));
          });
        });
        // A little later than got's own, which knows in which phase the time went.
        const response = await within(Promise.race([pending, switched]), timeout + 250, signal).catch((cause: unknown) => {
          stop.abort();
          throw cause;
        });
        const raw = Buffer.from(response.rawBody);
        const timing = timingOf(response, total());
        const headers = flatten(response.headers);
        const decoded = await decode(raw, headers['content-encoding'], limits.inflated);
        if ('code' in decoded) return { response: null, error: decoded, startedAt, timing, size: { sent, received: raw.length, decoded: 0 }, facts };
        const beyond = beyondShape(decoded.text);
        if (beyond !== undefined) {
          const error: TransportError = { code: 'limit.depth', message: `the answer was not read: ${beyond}` };
          return { response: null, error, startedAt, timing, size: { sent, received: raw.length, decoded: decoded.bytes }, facts };
        }
        // Text that is not JSON may be bytes that do not survive as text: their digest is taken here or never.
        if (!/json/.test(headers['content-type'] ?? 'json'))
          facts = { ...facts, 'body.sha1': createHash('sha1').update(decoded.plain).digest('base64') };
        return {
          response: { status: response.statusCode, headers, body: decoded.text },
          startedAt,
          timing,
          size: { sent, received: raw.length, decoded: decoded.bytes },
          facts,
        };
      } catch (cause) {
        const error: TransportError = overflow
          ? { code: 'limit.body', message: `the body passed our limit of ${limits.body} bytes` }
          : explain(cause, request, { timeout, aborted: options.signal?.aborted === true, proxied: proxies !== undefined });
        return {
          response: null,
          error,
          startedAt,
          timing: { total: total() },
          size: { sent, received: 0, decoded: 0 },
          facts,
          ...(begun ? { begun } : {}),
        };
      }
    },
    handshake: (url, offer) => probeTls(url, offer, tls, Math.min(limits.timeout, 5000), lookup),
    close() {
      agents.http.destroy();
      agents.https.destroy();
      streams.close();
    },
  };
}

/** got breaks off a request with a text body when the head of the answer is there before got has heard that the body went out; one that it iterates over it ends. */
function* inOnePiece(body: string): Generator<Buffer> {
  yield Buffer.from(body);
}

/** Reads PEM files named by a target file. Throws when one is missing, naming it. */
export const pem = (path: string): string => readFileSync(path, 'utf8');

/** got has names of its own for what node:tls calls ca, cert and so on. */
function httpsOptions(tls: TlsOptions) {
  const { ca, cert, ...same } = materialOf(tls);
  return { ...(ca === undefined ? {} : { certificateAuthority: ca }), ...(cert === undefined ? {} : { certificate: cert }), ...same };
}

function tlsFacts(socket: TLSSocket | undefined): Facts {
  if (!socket || typeof socket.getProtocol !== 'function') return {};
  return { 'tls.protocol': socket.getProtocol() ?? null, 'tls.authorized': socket.authorized };
}

/** got reports phases as undefined when a kept-alive socket skipped them: that is 0, not unknown. */
function timingOf(response: Response, total: number): Timing {
  const phases = response.timings?.phases ?? {};
  return { dns: phases.dns ?? 0, connect: phases.tcp ?? 0, tls: phases.tls ?? 0, firstByte: phases.firstByte ?? 0, total: phases.total ?? total };
}

function flatten(headers: Response['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

const unzip = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) } as const;

async function decode(
  raw: Buffer,
  encoding: string | undefined,
  maxOutputLength: number,
): Promise<{ text: string; bytes: number; plain: Buffer } | TransportError> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '' || raw.length === 0) return { text: raw.toString('utf8'), bytes: raw.length, plain: raw };
  if (!(name in unzip)) return { code: 'protocol', message: `Content-Encoding ${name} is not one that we asked for (gzip, deflate or br)` };
  try {
    const plain = await unzip[name as keyof typeof unzip](raw, { maxOutputLength });
    return { text: plain.toString('utf8'), bytes: plain.length, plain };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return { code: 'limit.inflate', message: `the body inflates beyond our limit of ${maxOutputLength} bytes` };
    return { code: 'protocol', message: `the body is not valid ${name}: ${(cause as Error).message}` };
  }
}
