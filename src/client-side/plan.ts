import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Case, type Journey, journeys } from '../../mocks/client/case.ts';
import { cases } from '../../mocks/client/cases/index.ts';
import type { RegisteredClient } from '../../mocks/kernel/payer.ts';
import { asArray, asObject, asString, at, isObject, type JsonObject } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';
import type { Claims } from './levels.ts';

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
}

const text = (value: Json | undefined, what: string): string => {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${what} must be a text; it is ${JSON.stringify(value) ?? 'missing'}.`);
};
const within = (value: Json | undefined, what: string, least: number, most: number, otherwise: number): number => {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new Error(`${what} must be a number from ${least} to ${most}; it is ${JSON.stringify(value)}.`);
};

/** Reads and checks a plan. Throws, saying what was expected, where, and what stood there. */
export function loadPlan(file: string): ClientPlan {
  let plan: Json;
  try {
    plan = JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON (${(cause as Error).message}). See docs/client.md for a plan to begin with.`, { cause });
  }
  if (!isObject(plan)) throw new Error(`${file} must hold one JSON object.`);
  const folder = dirname(resolve(file));
  const name = text(plan['name'], 'name');
  const triggers = Object.fromEntries(
    Object.entries(asObject(plan['triggers'])).map(([journey, each]) => [journeyCalled(journey), triggerOf(each, `triggers.${journey}`, folder)]),
  );
  const clients = asArray(plan['clients']).map((each, nth) => registered(asObject(each), `clients[${nth}]`, folder));
  return {
    name,
    ...(clients.length === 0 ? {} : { clients: new Map(clients) }),
    guides: Object.fromEntries(Object.entries(asObject(plan['guides'])).map(([id, version]) => [id, text(version, `guides.${id}`)])),
    cases: chosen(plan['cases'], plan['triggers']),
    triggers,
    share: within(plan['share'], 'share', 0.01, 1, 1),
    atOnce: within(plan['atOnce'], 'atOnce', 1, 20, 1),
  };
}

function journeyCalled(name: string): Journey {
  const found = journeys.find((each) => each === name);
  if (found === undefined) throw new Error(`triggers.${name} is no journey. Known: ${journeys.join(', ')}.`);
  return found;
}

/** The cases named, or all for whose journey there is a trigger. */
function chosen(named: Json | undefined, triggers: Json | undefined): readonly Case[] {
  const ids = asArray(named).map((each) => text(each, 'cases'));
  const unknown = ids.find((id) => !cases.some((each) => each.id === id));
  if (unknown !== undefined) throw new Error(`cases names ${unknown}, which is no case. Known: ${cases.map(({ id }) => id).join(', ')}.`);
  const can = cases.filter(({ journey }) => Object.hasOwn(asObject(triggers), journey));
  const wanted = ids.length === 0 ? can : can.filter(({ id }) => ids.includes(id));
  if (wanted.length === 0)
    throw new Error(`There is nothing to play: name a trigger for at least one journey (${journeys.join(', ')}) under triggers.`);
  return wanted;
}

function triggerOf(value: Json, where: string, folder: string): TriggerPlan {
  if (value === 'operator') return { kind: 'operator' };
  const plan = asObject(value);
  const seconds = within(plan['seconds'], `${where}.seconds`, 1, 3600, 120);
  const screen = plan['screen'] === true;
  if (Array.isArray(plan['command']) && plan['command'].length > 0)
    return { kind: 'command', command: plan['command'].map((each) => text(each as Json, `${where}.command`)), cwd: folder, seconds, screen };
  const url = asString(plan['url']);
  if (url !== undefined && /^https?:\/\//.test(url)) return { kind: 'http', url, seconds, screen };
  throw new Error(`${where} must be "operator", or hold a command (a list of words) or a url (http or https).`);
}

/** Public keys stand in the plan or in a file beside it. */
function registered(client: JsonObject, where: string, folder: string): readonly [string, RegisteredClient] {
  const id = text(client['clientId'], `${where}.clientId`);
  const file = asString(client['jwksFile']);
  const jwks = file === undefined ? client['jwks'] : (JSON.parse(readFileSync(resolve(folder, file), 'utf8')) as Json);
  const keys = asArray(at(jwks, 'keys'));
  if (keys.length === 0) throw new Error(`${where} has no public keys: give jwks ({"keys": [...]}) or jwksFile.`);
  const secret = keys.find((each) => at(each, 'd') !== undefined);
  if (secret !== undefined) throw new Error(`${where} holds a private key (member "d"). Give the public keys only, and replace that key.`);
  const issuer = asString(client['issuer']);
  return [id, { jwks: { keys }, organization: 'clinic-a', ...(issuer === undefined ? {} : { issuer }) }];
}
