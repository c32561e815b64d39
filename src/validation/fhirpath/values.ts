import type { Json } from '../../core/model.ts';

/** A FHIRPath collection. A primitive that has extensions only stands as its element object. */
export type Collection = readonly Json[];
export const empty: Collection = [];
export const yes: Collection = [true];
export const no: Collection = [false];
export const truth = (value: boolean | undefined): Collection => (value === undefined ? empty : value ? yes : no);

/** Boolean of a collection; a single value that is no boolean counts as true. More than one has no meaning. */
export function booleanOf(collection: Collection): boolean | undefined {
  if (collection.length === 0) return undefined;
  const first = collection[0];
  return collection.length === 1 ? (typeof first === 'boolean' ? first : true) : undefined;
}

export const isElement = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of elements that are choices somewhere in R4, and the types they may take: read once from the definitions. */
export interface Choices {
  readonly names: ReadonlySet<string>;
  readonly types: ReadonlyMap<string, string>;
  /** Is this code, Coding or CodeableConcept in the value set? undefined: what is loaded cannot tell. */
  readonly memberOf?: (value: Json, valueSet: string) => boolean | undefined;
}

/** Thrown by an expression whose answer depends on what is not loaded. */
export class Unknown extends Error {}

/** Children of this name, with choices and primitive extensions resolved. */
export function members(items: Collection, name: string, choices: Choices): Collection {
  if (items.length === 1) return membersOf(items[0] ?? null, name, choices);
  const out: Json[] = [];
  for (const item of items) out.push(...membersOf(item, name, choices));
  return out;
}

function membersOf(item: Json, name: string, choices: Choices): Collection {
  if (!isElement(item)) return empty;
  // An expression may start at the type itself: Patient.name.
  if (item['resourceType'] === name) return [item];
  const value = item[name];
  const beside = item[`_${name}`];
  if (value !== undefined || beside !== undefined) return joined(value, beside);
  if (!choices.names.has(name)) return empty;
  for (const key of Object.keys(item)) {
    const bare = key.startsWith('_') ? key.slice(1) : key;
    if (bare.length > name.length && bare.startsWith(name) && choices.types.has(bare.slice(name.length))) return joined(item[bare], item[`_${bare}`]);
  }
  return empty;
}

function joined(value: Json | undefined, beside: Json | undefined): Collection {
  if (beside === undefined)
    return Array.isArray(value) ? value.filter((each) => each !== null) : value === undefined || value === null ? empty : [value];
  const [values, elements] = [listOf(value), listOf(beside)];
  const out: Json[] = [];
  for (let i = 0; i < Math.max(values.length, elements.length); i++) {
    const one = values[i] ?? elements[i];
    if (one !== undefined && one !== null) out.push(one);
  }
  return out;
}

export const listOf = (value: Json | undefined): Collection => (value === undefined ? empty : Array.isArray(value) ? value : [value as Json]);

/** Equality of two values, deep; order of keys does not matter. */
export function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => same(each, b[i] ?? null));
  if (!isElement(a) || !isElement(b)) return false;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return left.length === right.length && left.every((key) => b[key] !== undefined && same(a[key] ?? null, b[key] ?? null));
}

const dateShape = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Order of two values: negative, zero, positive; undefined where FHIRPath leaves it open (unlike types, dates of unlike precision). */
export function order(a: Json, b: Json): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (isElement(a) && isElement(b)) return orderQuantities(a, b);
  if (typeof a !== 'string' || typeof b !== 'string') return undefined;
  const [x, y] = [dateShape.exec(a), dateShape.exec(b)];
  return x && y ? orderDates(x, y) : a < b ? -1 : a > b ? 1 : 0;
}

function orderDates(a: RegExpExecArray, b: RegExpExecArray): number | undefined {
  if (a[7] !== undefined && b[7] !== undefined && a[6] !== undefined && b[6] !== undefined) return Date.parse(a[0]) - Date.parse(b[0]);
  for (let part = 1; part <= 6; part++) {
    const [x, y] = [a[part], b[part]];
    if (x === undefined && y === undefined) return 0;
    if (x === undefined || y === undefined) return undefined;
    if (Number(x) !== Number(y)) return Number(x) - Number(y);
  }
  return 0;
}

/** Quantities of one unit are ordered by value; others would need unit conversion. */
function orderQuantities(a: { readonly [key: string]: Json }, b: { readonly [key: string]: Json }): number | undefined {
  const unit = (each: { readonly [key: string]: Json }): Json | undefined => each['code'] ?? each['unit'];
  return unit(a) === unit(b) && typeof a['value'] === 'number' && typeof b['value'] === 'number' ? a['value'] - b['value'] : undefined;
}
