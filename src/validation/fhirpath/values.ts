import type { Json } from './json.ts';

/** A FHIRPath collection. A primitive that has extensions only stands as its element object. */
export type Collection = readonly Json[];
export const empty: Collection = [];
export const yes: Collection = [true];
export const no: Collection = [false];
export const truth = (value: boolean | undefined): Collection => (value === undefined ? empty : value ? yes : no);

/** FHIRPath says that this evaluation ends with an error (several items where one is needed, text where a number is needed): there is no answer. */
export class Failed extends Error {}
/** The answer hangs on what plain JSON does not show (types of dates, units, fractions): the fhirpath library is asked instead. */
export class HandOver extends Error {}
/** Thrown by an expression whose answer depends on what is not loaded. */
export class Unknown extends Error {}

/** The only item of a collection, undefined when there is none. @throws Failed for several. */
export function single(collection: Collection): Json | undefined {
  if (collection.length > 1) throw new Failed(`${collection.length} items where one is needed`);
  return collection[0];
}

/** Boolean of a collection; a single value that is no boolean counts as true (https://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections). @throws Failed for several. */
export function booleanOf(collection: Collection): boolean | undefined {
  const item = single(collection);
  return item === undefined || typeof item === 'boolean' ? item : true;
}

export const isElement = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the compiler knows of R4, read once from the definitions. */
export interface Choices {
  /** Names of elements that are choices somewhere. */
  readonly names: ReadonlySet<string>;
  /** Types that a choice may take, by the end of its JSON name: `DateTime` is dateTime. */
  readonly types: ReadonlyMap<string, string>;
  /** Names of all elements. */
  readonly elements: ReadonlySet<string>;
  /** Has this type an element of this name? */
  readonly has: (type: string, name: string) => boolean;
  /** Is this code, Coding or CodeableConcept in the value set? undefined: what is loaded cannot tell. */
  readonly memberOf?: (value: Json, valueSet: string) => boolean | undefined;
}

/** Children of this name, with choices and primitive extensions resolved. */
export function members(items: Collection, name: string, choices: Choices): Collection {
  if (items.length === 1) return membersOf(items[0] ?? null, name, choices);
  const out: Json[] = [];
  for (const item of items) out.push(...membersOf(item, name, choices));
  return out;
}

function membersOf(item: Json, name: string, choices: Choices): Collection {
  if (!isElement(item)) {
    // What a primitive has besides its value lies in its parent.
    if (name === 'extension' || name === 'id' || name === 'value') throw new Failed(`${name} of a primitive`);
    return empty;
  }
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

/** Texts that may be dates or times, which are equal or ordered by more than their letters. */
const temporal = /^(?:\d{4}(?:-\d\d|$)|T?\d\d:\d\d)/;
const isQuantity = (value: { readonly [key: string]: Json }): boolean => 'value' in value && ('unit' in value || 'code' in value);

/** Equality of two values, deep; order of keys does not matter. @throws HandOver where units or zones decide. */
export function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') {
    if (temporal.test(a) && temporal.test(b)) throw new HandOver('equality of dates');
    return false;
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => same(each, b[i] ?? null));
  if (!isElement(a) || !isElement(b)) {
    if (isElement(a) !== isElement(b) && !Array.isArray(a) && !Array.isArray(b)) throw new HandOver('equality of an element and a value');
    return false;
  }
  if (isQuantity(a) && isQuantity(b)) throw new HandOver('equality of quantities');
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return left.length === right.length && left.every((key) => b[key] !== undefined && same(a[key] ?? null, b[key] ?? null));
}

/** Are two values the same JSON? Order of keys does not matter. */
export function identical(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => identical(each, b[i] ?? null));
  if (!isElement(a) || !isElement(b)) return false;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return left.length === right.length && left.every((key) => b[key] !== undefined && identical(a[key] ?? null, b[key] ?? null));
}

const dateShape = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.\d{1,3})?(Z|[+-]\d\d:\d\d))?)?)?$/;

/**
 * Order of two values: negative, zero or positive.
 * @throws Failed for values that have no order (https://hl7.org/fhirpath/N1/#comparison), HandOver where precision, zone or unit decides.
 */
export function order(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (isElement(a) && isElement(b)) return orderQuantities(a, b);
  if (typeof a !== 'string' || typeof b !== 'string') throw new Failed('values without an order');
  if (!temporal.test(a) && !temporal.test(b)) return /[\ud800-\udfff]/.test(a + b) ? handOver('order of texts') : a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [dateShape.exec(a), dateShape.exec(b)];
  if (!x || !y) return handOver('order of dates');
  if (x[7] !== undefined && y[7] !== undefined) return Date.parse(a) - Date.parse(b);
  // Dates of one precision are ordered as their letters are.
  return x[7] === undefined && y[7] === undefined && a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : handOver('order of dates');
}

function handOver(why: string): never {
  throw new HandOver(why);
}

/** Quantities of one unit are ordered by value; others would need unit conversion. */
function orderQuantities(a: { readonly [key: string]: Json }, b: { readonly [key: string]: Json }): number {
  const alike = ['system', 'code', 'unit'].every((key) => a[key] === b[key]) && a['comparator'] === undefined && b['comparator'] === undefined;
  return alike && typeof a['value'] === 'number' && typeof b['value'] === 'number' ? a['value'] - b['value'] : handOver('order of quantities');
}
