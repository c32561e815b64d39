import { isObject } from './fhir.ts';
import type { Json } from './json.ts';

/** Comparing JSON by what it says: "properties can appear in any order" (R4 json.html), and null, where it stands for nothing, is no value. */

export const hasValue = (value: Json | undefined): value is Exclude<Json, null> => value !== undefined && value !== null;

/** Equal but for the order of properties. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each: Json, nth) => sameJson(each, b[nth]));
  if (!isObject(a)) return a === b;
  if (!isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]));
}

/** Everything in `part` is in `whole`, which may hold more: more properties, more items, items in another order. */
export function isPartOf(part: Json | undefined, whole: Json | undefined): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((each: Json) => whole.some((other: Json) => isPartOf(each, other)));
  if (!isObject(part)) return part === whole;
  return isObject(whole) && Object.keys(part).every((name) => Object.hasOwn(whole, name) && isPartOf(part[name], whole[name]));
}

/** The same things, in whatever order. */
export const sameSet = (a: Iterable<string>, b: Iterable<string>): boolean => {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((each) => right.has(each));
};
