import { readFileSync } from 'node:fs';
import type { SigningKey } from '../client/assertion.ts';
import { type SecretSource, secretOf, signersOf, tokensOf } from '../client/identity.ts';
import { createTransport, type TlsOptions, type Transport } from '../client/transport.ts';
import { udapClientOf } from '../client/udap/client.ts';
import { fetchBytes } from '../client/udap/fetch-bytes.ts';
import type { SignUdap } from '../client/udap/sign.ts';
import type { Target } from '../core/model.ts';
import { jsonEnricher } from '../enrich/json.ts';
import { udapEnricher } from '../enrich/udap.ts';
import { createValidation, type Validation } from '../enrich/validation.ts';
import type { Enricher } from './drive.ts';

/** What a conversation with one target needs, made from its file and the secrets it names. */
export interface Session {
  readonly transport: Transport;
  readonly signers: Readonly<Record<string, SigningKey>>;
  readonly tokens: ReadonlyMap<string, string>;
  /** Signs with the UDAP certificates that the target names. */
  readonly udap?: SignUdap;
  /** What the target's own material lets us establish about answers. */
  readonly enrichers: readonly Enricher[];
  /** What judges payloads. */
  readonly validation: Validation;
  close(): void;
}

/** Reads every secret that the target names. Throws, naming the first one that is missing and the fix. */
export function openSession(target: Target, source: SecretSource): Session {
  const signers = signersOf(target, source);
  const tokens = tokensOf(target, source);
  const tls = tlsOf(target, source);
  const udap = udapClientOf(target, source);
  const transport = createTransport(tls);
  const validation = createValidation(target.validation);
  const enrichers = [
    jsonEnricher,
    validation.enricher,
    udapEnricher(udap?.anchors ?? [], fetchBytes(typeof tls.ca === 'string' ? tls.ca : undefined)),
  ];
  return {
    transport,
    signers,
    tokens,
    enrichers,
    validation,
    ...(udap === undefined ? {} : { udap: udap.sign }),
    close: () => {
      transport.close();
      void validation.close();
    },
  };
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
