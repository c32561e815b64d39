import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { clientRows } from '../../checks/client/index.ts';
import { type Selection, selections } from '../../checks/client/selections.ts';
import { type Case, type Journey, journeys } from '../../mocks/client/case.ts';
import { cases } from '../../mocks/client/cases/index.ts';
import type { RegisteredClient } from '../../mocks/kernel/payer.ts';
import type { EvidenceLevel } from '../client/redact.ts';
import type { Claims } from '../core/client-verdicts.ts';
import { asArray, at } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';
import { fit } from '../target/fit.ts';

/** How a client is made to do a journey. `screen`: where the words stand that its user would see. */
export type TriggerPlan =
  | { readonly kind: 'operator' }
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly cwd: string; readonly seconds: number; readonly screen: boolean }
  | { readonly kind: 'http'; readonly url: string; readonly seconds: number; readonly screen: boolean };

/** A client under test, as its vendor describes it. */
export interface ClientPlan {
  readonly name: string;
  /** Absent: a key is made for it. */
  readonly clients?: ReadonlyMap<string, RegisteredClient>;
  readonly guides: Claims;
  readonly cases: readonly Case[];
  readonly triggers: Readonly<Partial<Record<Journey, TriggerPlan>>>;
  /** Share of the catalogue's times, above 0 and up to 1. */
  readonly share: number;
  readonly atOnce: number;
  /** Rows that are graded; absent: all. */
  readonly select?: Selection;
  readonly evidence?: EvidenceLevel;
  /** What a limited user of the client may not read, e.g. `Observation/7`. */
  readonly restricted?: string;
  /** Where the client publishes its keys. */
  readonly keysAt?: string;
  /** PEM of the roots that its UDAP certificates lead to. */
  readonly anchors?: readonly string[];
}

/** Reads and checks a plan. Throws, saying what was expected, where, and what stood there. */
export function loadPlan(file: string): ClientPlan {
  let plan: Json;
  try {
    plan = JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON (${(cause as Error).message}). See docs/client.md for a plan to begin with.`, { cause });
  }
  const fitting = fit<Written>(plan, 'client-plan.schema.json', `The plan ${file}`);
  try {
    return planOf(fitting, dirname(resolve(file)));
  } catch (cause) {
    throw new Error(`The plan ${file}: ${(cause as Error).message} See docs/client.md.`, { cause });
  }
}

/** As the schema has it (schemas/client-plan.schema.json). */
interface Written {
  readonly name: string;
  readonly clients?: readonly {
    readonly clientId: string;
    readonly jwks?: Json;
    readonly jwksFile?: string;
    readonly jwksUrl?: string;
    readonly issuer?: string;
    readonly redirectUris?: readonly string[];
  }[];
  readonly guides?: Claims;
  readonly triggers: Readonly<Record<string, WrittenTrigger>>;
  readonly cases?: readonly string[];
  readonly share?: number;
  readonly atOnce?: number;
  readonly select?: Selection;
  readonly evidence?: EvidenceLevel;
  readonly restricted?: string;
  readonly anchorsFile?: string;
}
type WrittenTrigger =
  | 'operator'
  | { readonly command?: readonly string[]; readonly url?: string; readonly seconds?: number; readonly screen?: boolean };

function planOf(written: Written, folder: string): ClientPlan {
  const { name, clients = [], guides = {}, triggers, cases: named = [], share = 1, atOnce = 1, select, evidence, restricted, anchorsFile } = written;
  const keysAt = clients.find(({ jwksUrl }) => jwksUrl !== undefined)?.jwksUrl;
  return {
    name,
    ...(clients.length === 0 ? {} : { clients: new Map(clients.map((each, nth) => registered(each, `clients[${nth}]`, folder))) }),
    guides,
    triggers: Object.fromEntries(
      Object.entries(triggers).map(([journey, each]) => [journeyCalled(journey), triggerOf(each, `triggers.${journey}`, folder)]),
    ),
    cases: chosen(named, triggers, select),
    ...(select === undefined ? {} : { select }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(restricted === undefined ? {} : { restricted }),
    ...(keysAt === undefined ? {} : { keysAt }),
    ...(anchorsFile === undefined ? {} : { anchors: [readFileSync(resolve(folder, anchorsFile), 'utf8')] }),
    share,
    atOnce,
  };
}

function journeyCalled(name: string): Journey {
  const found = journeys.find((each) => each === name);
  if (found === undefined) throw new Error(`triggers.${name} is no journey. Known: ${journeys.join(', ')}.`);
  return found;
}

/** The cases named, or all for whose journey there is a trigger. */
function chosen(ids: readonly string[], triggers: Written['triggers'], select: Selection | undefined): readonly Case[] {
  const unknown = ids.find((id) => !cases.some((each) => each.id === id));
  if (unknown !== undefined) throw new Error(`cases names ${unknown}, which is no case. Known: ${cases.map(({ id }) => id).join(', ')}.`);
  const called = select === undefined ? undefined : casesOfSelection(select);
  const can = cases.filter(({ id, journey }) => Object.hasOwn(triggers, journey) && (called === undefined || called.has(id)));
  const wanted = ids.length === 0 ? can : can.filter(({ id }) => ids.includes(id));
  if (wanted.length === 0)
    throw new Error(`There is nothing to play: name a trigger for at least one journey (${journeys.join(', ')}) under triggers.`);
  return wanted;
}

/** The cases that these rows call for. */
export const casesOfSelection = (select: Selection): ReadonlySet<string> =>
  new Set(clientRows.filter(({ id }) => selections[select].includes(id)).flatMap((row) => row.cases ?? []));

function triggerOf(trigger: WrittenTrigger, where: string, cwd: string): TriggerPlan {
  if (trigger === 'operator') return { kind: 'operator' };
  const { command, url, seconds = 120, screen = false } = trigger;
  if (command !== undefined && url === undefined) return { kind: 'command', command, cwd, seconds, screen };
  if (url !== undefined && command === undefined) return { kind: 'http', url, seconds, screen };
  throw new Error(`${where} must be "operator", or hold either a command (a list of words) or a url (http or https).`);
}

/** Public keys stand in the plan or in a file beside it. */
function registered(client: NonNullable<Written['clients']>[number], where: string, folder: string): readonly [string, RegisteredClient] {
  const { clientId, jwksFile, issuer, redirectUris } = client;
  const jwks = jwksFile === undefined ? client.jwks : (JSON.parse(readFileSync(resolve(folder, jwksFile), 'utf8')) as Json);
  const keys = asArray(at(jwks, 'keys'));
  if (keys.length === 0) throw new Error(`${where} has no public keys: give jwks ({"keys": [...]}) or jwksFile.`);
  const secret = keys.find((each) => at(each, 'd') !== undefined);
  if (secret !== undefined) throw new Error(`${where} holds a private key (member "d"). Give the public keys only, and replace that key.`);
  return [
    clientId,
    {
      jwks: { keys },
      organization: 'clinic-a',
      ...(issuer === undefined ? {} : { issuer }),
      ...(redirectUris === undefined ? {} : { redirectUris }),
    },
  ];
}
