import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { getRequestListener } from '@hono/node-server';
import { type Chaos, troubled } from './chaos.ts';
import type { Payer } from './payer.ts';

/** Where a payer can be reached until it is closed. */
export interface Place {
  readonly origin: string;
  close(): Promise<void>;
}

export interface Host extends Place {
  readonly server: Server;
}

export interface HostOptions {
  readonly port?: number;
  /** PEM text; present = https. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly requestCert?: boolean;
    readonly rejectUnauthorized?: boolean;
    readonly minVersion?: SecureVersion;
    readonly maxVersion?: SecureVersion;
  };
  /** How clients reach us when a proxy is in front of it. */
  readonly publicUrl?: string;
  /** Troubles on the way, for tests of patience. */
  readonly chaos?: Chaos;
}

/** Serves a payer on loopback, by default on a free port. */
export async function host(payer: Payer, options: HostOptions = {}): Promise<Host> {
  const calm = getRequestListener((request) => payer.fetch(request), { overrideGlobalObjects: false }) as RequestListener;
  const listener = options.chaos === undefined ? calm : troubled(calm, options.chaos);
  const server: Server = options.tls ? createHttps({ ...options.tls }, listener) : createHttp(listener);
  // For each caller: half a request is not waited for, and a thousand callers are enough.
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  server.maxConnections = 2048;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const origin = options.publicUrl?.replace(/\/$/, '') ?? `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  payer.moveTo(origin);
  return {
    origin,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
