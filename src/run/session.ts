import { guardedLookup } from '../client/addresses.ts';
import type { SigningKey } from '../client/assertion.ts';
import { ownHosts } from '../client/border.ts';
import type { WholeFiles } from '../client/bulk/whole.ts';
import { type SecretSource, signersOf, tokensOf } from '../client/identity.ts';
import { tlsOptionsOf } from '../client/tls-options.ts';
import { createTransport, type Transport } from '../client/transport.ts';
import { udapClientOf } from '../client/udap/client.ts';
import { fetchBytes } from '../client/udap/fetch-bytes.ts';
import type { SignUdap } from '../client/udap/sign.ts';
import type { Target } from '../core/model.ts';
import { ccdaEnricher } from '../enrich/ccda.ts';
import type { Enricher } from '../enrich/enricher.ts';
import { createWholeFiles } from '../enrich/files/index.ts';
import { jsonEnricher } from '../enrich/json.ts';
import { namesEnricher } from '../enrich/names.ts';
import { udapEnricher } from '../enrich/udap.ts';
import { createValidation, type Validation } from '../enrich/validation.ts';

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
  /** What judges bulk files that are too large to store. */
  readonly files: WholeFiles;
  close(): void;
}

/** Reads every secret that the target names. Throws, naming the first one that is missing and the fix. */
export function openSession(target: Target, source: SecretSource): Session {
  const signers = signersOf(target, source);
  const tokens = tokensOf(target, source);
  const tls = tlsOptionsOf(target, source);
  const udap = udapClientOf(target, source);
  const transport = createTransport(tls, undefined, undefined, guardedLookup(ownHosts(target)));
  const validation = createValidation(target.validation);
  const files = createWholeFiles(target);
  const enrichers = [
    jsonEnricher,
    namesEnricher,
    ccdaEnricher,
    validation.enricher,
    udapEnricher(udap?.anchors ?? [], fetchBytes(typeof tls.ca === 'string' ? tls.ca : undefined)),
  ];
  return {
    transport,
    signers,
    tokens,
    enrichers,
    validation,
    files,
    ...(udap === undefined ? {} : { udap: udap.sign }),
    close: () => {
      transport.close();
      void validation.close();
      void files.close();
    },
  };
}
