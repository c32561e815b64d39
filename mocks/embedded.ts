import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK } from 'jose';
import { createDataset, type Dataset } from '../fixtures/dataset.ts';
import type { Json, Target } from '../src/core/model.ts';
import { routes, targetParts } from './areas.ts';
import type { Setting } from './kernel/area.ts';
import { type Host, type HostOptions, host } from './kernel/host.ts';
import { merge } from './kernel/merge.ts';
import { createPayer, type Payer } from './kernel/payer.ts';

/** A running embedded payer, the target file that fits it, and the secrets that the target names. */
export interface Embedded extends Host {
  readonly payer: Payer;
  readonly target: Target;
  readonly secrets: Readonly<Record<string, string>>;
}

let shared: { readonly data: Dataset; readonly key: KeyObject } | undefined;

/** Starts the embedded payer on loopback. Data and keys are made once per process. */
export async function startEmbedded(options: HostOptions & { readonly seed?: number; readonly members?: number } = {}): Promise<Embedded> {
  shared ??= { data: createDataset(options.seed, options.members), key: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey };
  const { data, key } = shared;
  const jwk = (await exportJWK(key)) as Record<string, Json>;
  const { d: _private, ...publicJwk } = jwk;
  const clients = new Map([['assay', { jwks: { keys: [{ ...publicJwk, kid: 'k1', alg: 'ES384', use: 'sig' }] }, organization: 'clinic-a' }]]);
  const payer = createPayer({ routes, data, clients });
  const running = await host(payer, options);
  const secrets: Record<string, string> = { EMBEDDED_CLIENT_KEY: JSON.stringify(jwk) };
  return { ...running, payer, target: await targetFor({ origin: running.origin, data, secrets }), secrets };
}

async function targetFor(setting: Setting): Promise<Target> {
  const { origin } = setting;
  const base: Target = {
    name: 'embedded payer',
    fhir: { base: `${origin}/fhir` },
    auth: { kind: 'smart-backend', clientId: 'assay', key: { env: 'EMBEDDED_CLIENT_KEY' }, kid: 'k1', scope: 'system/*.rs' },
    members: {},
    evidence: 'full',
  };
  return merge(base, ...(await Promise.all(targetParts.map((part) => part(setting)))));
}
