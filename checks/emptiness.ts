import { isObject, jsonOf } from '../src/core/fhir.ts';
import type { Exchange, Json } from '../src/core/model.ts';

/** Null, empty strings, empty arrays and empty objects in JSON: what has no value is left out. */

const signs = ['""', 'null', '[]', '{}'] as const;
const spaced = ['[ ', '[\n', '[\r', '[\t', '{ ', '{\n', '{\r', '{\t'] as const;
const bracket = /[[{]\s*[\]}]/;

/**
 * False only when no value in this JSON text can be empty. A text search costs a hundredth of a walk through the values, and every answer under load is
 * asked; a hit may still lie inside a string.
 */
const mayHoldNothing = (text: string): boolean =>
  signs.some((each) => text.includes(each)) || (spaced.some((each) => text.includes(each)) && bracket.test(text));

const where = (exchange: Exchange, walk: (value: Json | undefined) => string | undefined): string | undefined =>
  mayHoldNothing(exchange.response?.body ?? '') ? walk(jsonOf(exchange.response)) : undefined;

/** Path of the first empty value in FHIR JSON; undefined when there is none. Null stands for a gap in arrays of primitives. */
export const emptyInFhir = (exchange: Exchange): string | undefined => where(exchange, (value) => fhir(value, ''));

function fhir(value: Json | undefined, path: string): string | undefined {
  if (value === null || value === '') return path;
  if (Array.isArray(value))
    return value.length === 0 ? path : first(value.entries(), ([index, each]) => (each === null ? undefined : fhir(each, `${path}[${index}]`)));
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length === 0 ? path : first(entries, ([name, each]) => fhir(each, path === '' ? name : `${path}.${name}`));
}

/** The same in CDS Hooks JSON, outside FHIR resources and unknown extensions; `cards` and `services` may be empty. */
export const emptyInHooks = (exchange: Exchange): string | undefined => where(exchange, (value) => hooks(value, '$'));

function hooks(value: Json | undefined, path: string): string | undefined {
  if (value === null || value === '') return path;
  if (Array.isArray(value))
    return value.length === 0
      ? /\.(cards|services)$/.test(path)
        ? undefined
        : path
      : first(value.entries(), ([index, each]) => hooks(each, `${path}[${index}]`));
  if (!isObject(value) || typeof value['resourceType'] === 'string') return undefined;
  const entries = Object.entries(value);
  if (entries.length === 0 && path !== '$') return path;
  return first(entries, ([name, each]) => (name === 'extension' ? undefined : hooks(each, `${path}.${name}`)));
}

function first<T>(all: Iterable<T>, find: (each: T) => string | undefined): string | undefined {
  for (const each of all) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
