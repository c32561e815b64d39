import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, EnvHttpProxyAgent } from 'undici';
import type { TransportError, WireRequest } from '../core/model.ts';
import { within } from './deadline.ts';
import type { Proxies } from './proxies.ts';
import { materialOf, type TlsOptions } from './tls-material.ts';
import { explain, maxHeaders } from './transport-errors.ts';

/** An answer whose body has not been read yet. The reader must drain or destroy `body`. */
export interface Opened {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes as they come over the wire: not decompressed. */
  readonly body: Readable;
}

export interface Streams {
  /** Sends and answers as soon as the headers are there; never throws. `timeout` bounds headers and every silence between chunks, ms. */
  open(request: WireRequest, options?: { readonly timeout?: number; readonly signal?: AbortSignal }): Promise<Opened | TransportError>;
  close(): void;
}

export const isOpened = (value: Opened | TransportError): value is Opened => 'body' in value;

/** Bodies too large to hold, on undici (the fastest of the HTTP clients we measured). */
export function createStreams(tls: TlsOptions = {}, proxies?: Proxies, lookup?: LookupFunction): Streams {
  let agent: Agent | EnvHttpProxyAgent | undefined;
  const dispatcher = (): Agent | EnvHttpProxyAgent => {
    const connect = { ...materialOf(tls), ...(lookup === undefined ? {} : { lookup }) };
    agent ??=
      proxies === undefined
        ? new Agent({ connect, maxHeaderSize: maxHeaders })
        : new EnvHttpProxyAgent({
            connect,
            maxHeaderSize: maxHeaders,
            requestTls: connect,
            // Given even when empty: undici would look into the environment by itself.
            httpProxy: proxies.http ?? '',
            httpsProxy: proxies.https ?? '',
            noProxy: proxies.none,
          });
    return agent;
  };
  return {
    async open(request, { timeout = 60_000, signal } = {}) {
      try {
        const { origin, pathname, search } = new URL(request.url);
        const asked = dispatcher().request({
          origin,
          path: pathname + search,
          method: request.method as 'GET',
          headers: { 'user-agent': 'payer-assay', ...request.headers },
          headersTimeout: timeout,
          bodyTimeout: timeout,
          ...(signal === undefined ? {} : { signal }),
        });
        const answer = await within(asked, timeout, signal).catch((cause: unknown) => {
          // It came after all: nobody reads it, and its end is nobody's error.
          void asked.then(({ body }) => body.on('error', () => undefined).destroy()).catch(() => undefined);
          throw cause;
        });
        const headers = Object.fromEntries(
          Object.entries(answer.headers).flatMap(([name, value]) =>
            value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
          ),
        );
        return { status: answer.statusCode, headers, body: answer.body };
      } catch (cause) {
        return explain(cause, request, { timeout, aborted: signal?.aborted === true, proxied: proxies !== undefined });
      }
    },
    close: () => void agent?.destroy(),
  };
}
