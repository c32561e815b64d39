import { readFileSync } from 'node:fs';
import type { SigningKey } from '../client/assertion.ts';
import { type SecretSource, secretOf, signersOf } from '../client/identity.ts';
import { createTransport, type TlsOptions, type Transport } from '../client/transport.ts';
import type { Target } from '../core/model.ts';

/** What a conversation with one target needs, made from its file and the secrets it names. */
export interface Session {
  readonly transport: Transport;
  readonly signers: Readonly<Record<string, SigningKey>>;
  readonly tokens: ReadonlyMap<string, string>;
  close(): void;
}

/** Reads every secret that the target names. Throws, naming the first one that is missing and the fix. */
export function openSession(target: Target, source: SecretSource): Session {
  const signers = signersOf(target, source);
  const tokens = new Map(target.auth.kind === 'bearer' ? [['default', secretOf(target.auth.token, 'auth.token', source).trim()]] : []);
  const transport = createTransport(tlsOf(target, source));
  return { transport, signers, tokens, close: () => transport.close() };
}

function tlsOf({ tls = {} }: Target, source: SecretSource): TlsOptions {
  return {
    ...(tls.ca === undefined ? {} : { ca: pem(tls.ca, 'tls.ca') }),
    ...(tls.cert === undefined ? {} : { cert: pem(tls.cert, 'tls.cert') }),
    ...(tls.key === undefined ? {} : { key: secretOf(tls.key, 'tls.key', source) }),
    ...(tls.relaxed === undefined ? {} : { rejectUnauthorized: !tls.relaxed }),
  };
}

function pem(path: string, where: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`${where}: the file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}). Expected PEM text there.`, { cause });
  }
}
