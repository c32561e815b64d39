import { createDataset, type Dataset } from '../fixtures/dataset.ts';
import type { Target } from '../src/core/model.ts';
import { routes, targetParts } from './areas.ts';
import { registeredClients } from './auth/clients.ts';
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

let shared: Dataset | undefined;

/** Starts the embedded payer on loopback. Data and keys are made once per process. */
export async function startEmbedded(options: HostOptions & { readonly seed?: number; readonly members?: number } = {}): Promise<Embedded> {
  shared ??= createDataset(options.seed, options.members);
  const data = shared;
  const payer = createPayer({ routes, data, clients: registeredClients() });
  const running = await host(payer, options);
  const secrets: Record<string, string> = {};
  return { ...running, payer, target: await targetFor({ origin: running.origin, data, secrets }), secrets };
}

async function targetFor(setting: Setting): Promise<Target> {
  const { origin } = setting;
  const base: Target = {
    name: 'embedded payer',
    fhir: { base: `${origin}/fhir` },
    auth: { kind: 'none' },
    members: {},
    evidence: 'full',
  };
  return merge(base, ...(await Promise.all(targetParts.map((part) => part(setting)))));
}
