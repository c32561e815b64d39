import { createDataset, type Dataset } from '../fixtures/dataset.ts';
import type { Target } from '../src/core/model.ts';
import { behaviours, declared, honest, routes, targetParts } from './areas.ts';
import { registeredClients } from './auth/clients.ts';
import type { Setting } from './kernel/area.ts';
import { type Host, type HostOptions, host, type Place } from './kernel/host.ts';
import { merge } from './kernel/merge.ts';
import { createPayer, type Payer, type PayerSetup } from './kernel/payer.ts';
import { type Shape, shaped, targetOf } from './shapes/shape.ts';
import { udapTarget } from './udap/community.ts';

/** A running embedded payer, the target file that fits it, and the secrets that the target names. */
export type Embedded = Host & Ready;

interface Ready {
  readonly payer: Payer;
  readonly target: Target;
  readonly secrets: Readonly<Record<string, string>>;
}

interface DataOptions {
  readonly seed?: number;
  readonly members?: number;
  /** A legal payer other than the full one. */
  readonly shape?: Shape;
  readonly hear?: PayerSetup['hear'];
  /** Without what a provider would have been given by trust communities: a dozen certificates. */
  readonly withoutUdap?: boolean;
  /** Other clients, other rules: the last word on what the payer is made of. */
  readonly adapt?: (setup: PayerSetup) => PayerSetup;
}

/** By seed and size, as far as anybody asked for them. */
const made = new Map<string, Dataset>();

function dataset({ seed, members }: DataOptions): Dataset {
  const id = `${seed} ${members}`;
  const known = made.get(id) ?? createDataset(seed, members);
  made.set(id, known);
  return known;
}

/** Starts the embedded payer on loopback. Data and keys are made once per process. */
export const startEmbedded = (options: HostOptions & DataOptions = {}): Promise<Embedded> => startOn((payer) => host(payer, options), options);

/** Starts the embedded payer on a host of the caller's choice. */
export async function startOn<T extends Place>(serve: (payer: Payer) => T | Promise<T>, options: DataOptions = {}): Promise<T & Ready> {
  const full: PayerSetup = {
    routes,
    honest,
    behaviours,
    declared,
    data: dataset({ ...options, ...options.shape?.people }),
    clients: registeredClients(),
    ...(options.hear === undefined ? {} : { hear: options.hear }),
  };
  const formed = options.shape === undefined ? full : shaped(full, options.shape);
  const setup = options.adapt?.(formed) ?? formed;
  const payer = createPayer(setup);
  const place = await serve(payer);
  const secrets: Record<string, string> = {};
  const parts = options.withoutUdap === true ? targetParts.filter((part) => part !== udapTarget) : targetParts;
  const target = await targetFor(parts, { origin: place.origin, data: setup.data, secrets });
  return { ...place, payer, target: options.shape === undefined ? target : targetOf(target, options.shape), secrets };
}

async function targetFor(parts: typeof targetParts, setting: Setting): Promise<Target> {
  const { origin } = setting;
  const base: Target = {
    name: 'embedded payer',
    fhir: { base: `${origin}/fhir` },
    auth: { kind: 'none' },
    members: {},
    evidence: 'full',
  };
  return merge(base, ...(await Promise.all(parts.map((part) => part(setting)))));
}
