import { isObject, isResource, jsonOf } from '../src/core/fhir.ts';
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

/** Neither judged nor looked into. `name` is a key, a place in an array, or '' for the whole. */
type Spared = (value: Json, name: string | number) => boolean;

/** An empty value: where, and which. */
export interface Empty {
  readonly path: string;
  readonly value: Json;
}

/** Path of the first empty value in FHIR JSON; undefined when there is none. Null stands for a gap in arrays of primitives. */
export const emptyInFhir = (exchange: Exchange): string | undefined =>
  emptyIn(exchange, '', (value, name) => value === null && typeof name === 'number').next().value?.path;

/** All of them in CDS Hooks JSON, outside FHIR resources and unknown extensions; `cards`, `services` and the whole may be empty. */
export const emptyInHooks = (exchange: Exchange): readonly Empty[] => [
  ...emptyIn(exchange, '$', (value, name) => {
    if (name === 'extension' || isResource(value)) return true;
    return Array.isArray(value)
      ? value.length === 0 && ['cards', 'services'].includes(String(name))
      : isObject(value) && name === '' && Object.keys(value).length === 0;
  }),
];

function* emptyIn({ response }: Exchange, root: string, spared: Spared): Generator<Empty, undefined> {
  if (mayHoldNothing(response?.body ?? '')) yield* find(jsonOf(response) ?? 0, root, '');

  function* find(value: Json, path: string, name: string | number): Generator<Empty> {
    if (spared(value, name)) return;
    if (value === null || value === '') yield { path, value };
    if (value === null || typeof value !== 'object') return;
    const list = Array.isArray(value);
    const entries: readonly (readonly [string | number, Json])[] = list ? [...value.entries()] : Object.entries(value);
    if (entries.length === 0) yield { path, value };
    for (const [key, each] of entries) yield* find(each, list ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${key}`, key);
  }
}
