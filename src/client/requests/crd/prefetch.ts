import { asArray, asString, at, isObject, type JsonObject } from '../../../core/fhir.ts';
import type { Json } from '../../../core/model.ts';
import { askRecords, type Records } from './records.ts';
import { tokenValue } from './tokens.ts';

/** Prefetch templates of a service, by the keys that it chose itself. */
export type Templates = Readonly<Record<string, string>>;

/** A service as its discovery describes it. */
export interface CdsService {
  readonly id: string;
  readonly templates: Templates;
}

/** Our bounds: a service that wants more keys, or longer templates, gets the others absent, as a client may leave any out. Each key can cost a whole record. */
const most = { keys: 100, characters: 4000, services: 20 };

/** The first service for each hook. */
export const servicesOf = (discovery: Json | undefined): Readonly<Record<string, CdsService>> =>
  Object.fromEntries([...allServices(discovery)].map(([hook, [first]]) => [hook, first as CdsService]));

/** The services of a hook besides the first: an EHR calls them all. */
export const servicesBeside = (discovery: Json | undefined, hook: string): readonly CdsService[] =>
  (allServices(discovery).get(hook) ?? []).slice(1, most.services);

function allServices(discovery: Json | undefined): ReadonlyMap<string, readonly CdsService[]> {
  const found = new Map<string, CdsService[]>();
  for (const each of asArray(at(discovery, 'services'))) {
    const [hook, id, prefetch] = [asString(at(each, 'hook')), asString(at(each, 'id')), at(each, 'prefetch')];
    if (hook === undefined || id === undefined) continue;
    const templates = Object.entries(isObject(prefetch) ? prefetch : {}).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1].length <= most.characters,
    );
    found.set(hook, [...(found.get(hook) ?? []), { id, templates: Object.fromEntries(templates.slice(0, most.keys)) }]);
  }
  return found;
}

/** The resource type that a template selects. */
export const typeOf = (template: string): string => /^\/?([A-Za-z]+)/.exec(template.trim())?.[1] ?? '';

/**
 * What a service asked for, under its own keys. A key whose tokens have no value, or whose query is none that we can answer, is left out; one whose query
 * finds nothing is null. `ehr`: the base of the EHR that found it. `lacking`: types whose templates are left out.
 * Source: https://cds-hooks.hl7.org/2.0/#prefetch-template
 */
export function prefetchOf(
  templates: Templates,
  about: { readonly context: JsonObject; readonly records: Records; readonly today: string; readonly ehr: string },
  lacking: readonly string[] = [],
): Readonly<Record<string, Json>> {
  const earlier: Record<string, Json> = {};
  const waiting = new Map(Object.entries(templates).filter(([, template]) => !lacking.includes(typeOf(template))));
  // A template may speak of another one's result (`%key`), whatever the order in which they stand.
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    for (const [key, template] of waiting) {
      const query = filled(template, { ...about, earlier });
      const found = query === undefined ? undefined : askRecords(about.records, query, about.ehr);
      if (found === undefined) continue;
      earlier[key] = found;
      waiting.delete(key);
    }
  }
  return Object.fromEntries(Object.keys(templates).flatMap((key) => (key in earlier ? [[key, earlier[key] ?? null]] : [])));
}

function filled(template: string, scope: Parameters<typeof tokenValue>[1]): string | undefined {
  let whole = true;
  const query = template.replaceAll(/\{\{([^{}]*)\}\}/g, (_all, token: string) => {
    const value = tokenValue(token.trim(), scope);
    if (value === undefined) whole = false;
    return value ?? '';
  });
  return whole && !query.includes('{{') ? query : undefined;
}
