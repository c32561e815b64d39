import { asArray, asString, at, isObject, type JsonObject } from '../../../core/fhir.ts';
import type { Json } from '../../../core/model.ts';
import { queryOf } from '../../../core/url.ts';

/** Resources by `Type/id`: what the provider's system holds around one order. */
export type Records = ReadonlyMap<string, JsonObject>;

export interface Found {
  readonly matches: readonly JsonObject[];
  readonly included: readonly JsonObject[];
}

/** Search parameters whose element has another name; the rest are named as their element, with or without dashes. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  patient: ['patient', 'subject', 'beneficiary', 'for', 'participant.actor'],
  subject: ['subject', 'patient', 'for'],
  participant: ['participant.individual'],
  practitioner: ['practitioner', 'participant.actor', 'participant.individual'],
  actor: ['participant.actor'],
  location: ['location.location', 'location', 'participant.actor'],
  payor: ['payor'],
  insurance: ['insurance'],
  medication: ['medicationReference'],
  device: ['codeReference', 'device'],
  authored: ['authoredOn'],
  authoredon: ['authoredOn'],
  date: ['date', 'start', 'period.start', 'authoredOn', 'occurrenceDateTime', 'performedDateTime', 'effectiveDateTime'],
  code: ['code', 'codeCodeableConcept', 'medicationCodeableConcept'],
};

/** Parameters about the answer itself, and chained ones that a small server leaves out, as FHIR lets it. */
const about = new Set([
  '_count',
  '_offset',
  '_format',
  '_sort',
  '_elements',
  '_summary',
  '_total',
  '_pretty',
  '_contained',
  '_include',
  '_revinclude',
]);

const camel = (name: string): string => name.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
const elementsOf = (name: string): readonly string[] => elsewhere[name] ?? [camel(name), `${camel(name)}Reference`];

/** Every value at a dotted path, arrays opened. */
export function valuesAt(value: Json | undefined, path: string): readonly Json[] {
  let found: readonly Json[] = value === undefined ? [] : asListed(value);
  for (const name of path.split('.'))
    found = found.flatMap((each) => {
      const next = at(each, name);
      return next === undefined ? [] : asListed(next);
    });
  return found;
}
const asListed = (value: Json): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [value]);

/** All literal references in a resource, at any depth. */
function referencesIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  const own = asString(value['reference']);
  return [...(own === undefined ? [] : [own]), ...Object.values(value).flatMap(referencesIn)];
}

/** One resource, or undefined. `path` is `Type/id`. */
export const readRecord = (records: Records, path: string): JsonObject | undefined => records.get(path);

/** Search as a small FHIR server does it; parameters that it does not know are left out, as FHIR R4 lets it. Source: http://hl7.org/fhir/R4/search.html */
export function searchRecords(records: Records, type: string, pairs: readonly (readonly [string, string])[]): Found {
  const matches = [...records.values()].filter((each) => each['resourceType'] === type && pairs.every(([name, value]) => fits(each, name, value)));
  const seen = new Set(matches);
  const included: JsonObject[] = [];
  const add = (from: readonly JsonObject[], onlyIterating: boolean): readonly JsonObject[] => {
    const fresh: JsonObject[] = [];
    for (const [name, value] of pairs) {
      const [kind = '', modifier] = name.split(':');
      if (onlyIterating && modifier !== 'iterate' && modifier !== 'recurse') continue;
      const hits = kind === '_include' ? includesOf(records, from, value) : kind === '_revinclude' ? reverseOf(records, from, value) : [];
      for (const each of hits)
        if (!seen.has(each)) {
          seen.add(each);
          fresh.push(each);
        }
    }
    included.push(...fresh);
    return fresh;
  };
  for (let from = add(matches, false); from.length > 0; from = add(from, true));
  return { matches, included };
}

function includesOf(records: Records, from: readonly JsonObject[], value: string): readonly JsonObject[] {
  const [type, name = '*', target] = value.split(':');
  return from
    .filter((each) => each['resourceType'] === type || type === '*')
    .flatMap((each) =>
      name === '*'
        ? referencesIn(each)
        : elementsOf(name).flatMap((path) => valuesAt(each, path).flatMap((one) => asString(at(one, 'reference')) ?? [])),
    )
    .map((reference) => records.get(reference))
    .filter((each): each is JsonObject => each !== undefined && (target === undefined || each['resourceType'] === target));
}

function reverseOf(records: Records, from: readonly JsonObject[], value: string): readonly JsonObject[] {
  const [type, name = ''] = value.split(':');
  const wanted = new Set(from.map((each) => `${each['resourceType']}/${each['id']}`));
  return [...records.values()].filter(
    (each) =>
      each['resourceType'] === type &&
      elementsOf(name).some((path) => valuesAt(each, path).some((one) => wanted.has(asString(at(one, 'reference')) ?? ''))),
  );
}

function fits(resource: JsonObject, parameter: string, value: string): boolean {
  const [name = '', modifier] = parameter.split(':');
  if (about.has(name) || name.includes('.') || name.startsWith('_has')) return true;
  if (name === '_id') return value.split(',').includes(String(resource['id']));
  if (name.startsWith('_')) return true;
  const values = elementsOf(name).flatMap((path) => valuesAt(resource, path));
  const some = value.split(',').some((wanted) => values.some((each) => same(each, wanted)));
  if (modifier === 'not') return !some;
  if (modifier === 'missing') return (values.length === 0) === (value === 'true');
  // An element of a type that we do not compare says nothing against the resource.
  return values.length === 0 && !(name in elsewhere) && resource[camel(name)] === undefined ? isUnknown(name) : some;
}

/** Parameters that every type of ours has an element for; any other is simply not known here. */
const known = new Set(['status', 'intent', 'identifier', 'type', 'class', 'name', 'family', 'birthdate', 'gender', 'organization', 'beneficiary']);
const isUnknown = (name: string): boolean => !known.has(name);

function same(value: Json, wanted: string): boolean {
  if (typeof value === 'boolean') return String(value) === wanted;
  if (typeof value === 'string') return sameText(value, wanted);
  if (!isObject(value)) return false;
  const reference = asString(value['reference']);
  if (reference !== undefined && (reference === wanted || reference.endsWith(`/${wanted}`) || wanted.endsWith(`/${reference}`))) return true;
  const codings = [...asArray(value['coding']), value];
  return codings.some((each) => {
    const code = asString(at(each, 'code')) ?? asString(at(each, 'value'));
    const [system, plain] = wanted.includes('|') ? wanted.split('|') : [undefined, wanted];
    return code === plain && (system === undefined || system === (asString(at(each, 'system')) ?? ''));
  });
}

function sameText(value: string, wanted: string): boolean {
  const [, prefix, day] = /^(eq|ge|gt|le|lt|sa|eb)(\d{4}.*)$/.exec(wanted) ?? [];
  if (prefix === undefined || day === undefined) return value === wanted || (/^\d{4}(-\d\d){0,2}$/.test(wanted) && value.startsWith(wanted));
  const short = value.slice(0, day.length);
  if (prefix === 'eq') return short === day;
  if (prefix === 'ge') return short >= day;
  if (prefix === 'gt' || prefix === 'sa') return short > day;
  return prefix === 'le' ? short <= day : short < day;
}

/** What a relative FHIR query brings at this base: a resource or a searchset; null when there is nothing; undefined when it is no read and no search. */
export function askRecords(records: Records, query: string, base: string): JsonObject | null | undefined {
  const path = query.replace(/^\/+/, '').split('?')[0] ?? '';
  const [type = '', id, ...more] = path.split('/');
  if (!/^[A-Z][A-Za-z]+$/.test(type) || more.length > 0) return undefined;
  if (id !== undefined) return readRecord(records, `${type}/${id}`) ?? null;
  if (!query.includes('?')) return undefined;
  const { matches, included } = searchRecords(records, type, queryOf(query));
  return matches.length === 0 ? null : searchset(matches, included, base);
}

const entry = (mode: 'match' | 'include', base: string) => (resource: JsonObject) => ({
  fullUrl: `${base}/${resource['resourceType']}/${resource['id']}`,
  resource,
  search: { mode },
});
const searchset = (matches: readonly JsonObject[], included: readonly JsonObject[], base: string): JsonObject => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: matches.length,
  entry: [...matches.map(entry('match', base)), ...included.map(entry('include', base))],
});
