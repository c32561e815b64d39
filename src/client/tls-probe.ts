import type { LookupFunction } from 'node:net';
import { type ConnectionOptions, connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { TlsFacts } from '../core/model.ts';
import type { Sent } from './sent.ts';
import { materialOf, type TlsOptions } from './tls-material.ts';

/** Which protocol versions we pretend to know. */
export type TlsOffer = 'legacy' | 'modern';

const offers: Readonly<Record<TlsOffer, { readonly minVersion: SecureVersion; readonly maxVersion: SecureVersion; readonly ciphers?: string }>> = {
  // OpenSSL refuses its own old versions unless the security level is lowered.
  legacy: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
  modern: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
};

/** Local errors: our own TLS library cannot make this offer, so nothing is known about the server. */
const ourLimits = new Set(['ERR_SSL_NO_PROTOCOLS_AVAILABLE', 'ERR_SSL_NO_CIPHERS_AVAILABLE', 'ERR_SSL_NO_CIPHER_MATCH']);
const mostBytes = 4096;

/**
 * One handshake with what this offer allows, and one request over it when it succeeds. The certificate is looked at, never insisted on, so that an
 * expired one is described rather than hidden behind a failed connection. Never throws. `timeout` in ms.
 */
export function probeTls(url: string, offer: TlsOffer, tls: TlsOptions, timeout = 5000, lookup?: LookupFunction): Promise<Sent> {
  const { hostname, port, pathname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const options: ConnectionOptions = {
    host,
    port: Number(port || 443),
    ...materialOf(tls),
    ...offers[offer],
    ...(lookup === undefined ? {} : { lookup }),
    rejectUnauthorized: false,
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
  };
  const startedAt = new Date().toISOString();
  const began = performance.now();
  return new Promise((resolve) => {
    let seen: TlsFacts = {};
    let text = '';
    let settled = false;
    const finish = (more: TlsFacts): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket?.destroy();
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      const total = performance.now() - began;
      resolve({
        response: null,
        startedAt,
        timing: { total },
        size: { sent: 0, received: text.length, decoded: text.length },
        facts: {
          'tls.offered': offer,
          'tls.protocol': null,
          ...seen,
          ...(status === undefined ? {} : { 'tls.httpStatus': Number(status) }),
          ...more,
        },
      });
    };
    const timer = setTimeout(() => finish({ 'tls.error': 'timeout' }), timeout);
    let socket: TLSSocket | undefined;
    try {
      socket = connect(options);
    } catch (cause) {
      const { code = 'unknown' } = cause as { code?: string };
      finish({ 'tls.error': code, 'tls.unable': true });
      return;
    }
    socket.once('secureConnect', () => {
      seen = socket ? described(socket) : {};
      socket?.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}${port ? `:${port}` : ''}\r\nAccept: application/fhir+json\r\nConnection: close\r\n\r\n`,
      );
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n') || text.length > mostBytes) finish({});
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message;
      finish({ 'tls.error': code, ...(ourLimits.has(code) ? { 'tls.unable': true } : {}) });
    });
    socket.once('close', () => finish({}));
  });
}

/** What was agreed, and what the certificate says. */
function described(socket: TLSSocket): TlsFacts {
  const { valid_from, valid_to, subjectaltname, issuer, subject } = socket.getPeerCertificate();
  const { authorizationError } = socket;
  return {
    'tls.protocol': socket.getProtocol(),
    'tls.authorized': socket.authorized,
    ...(authorizationError ? { 'tls.authorizationError': String(authorizationError) } : {}),
    'tls.validFrom': valid_from ?? null,
    'tls.validTo': valid_to ?? null,
    'tls.names': subjectaltname ?? null,
    'tls.issuer': nameOf(issuer),
    'tls.subject': nameOf(subject),
  };
}

const nameOf = (name: { readonly CN?: string | string[] } | undefined): string | null => [name?.CN].flat().join(', ') || null;
