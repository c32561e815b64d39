import type { Json } from './json.ts';

/** Null, empty strings, empty arrays and empty objects in JSON: what has no value is left out. */

const signs = ['""', 'null', '[]', '{}'] as const;
const spaced = ['[ ', '[\n', '[\r', '[\t', '{ ', '{\n', '{\r', '{\t'] as const;
const bracket = /[[{]\s*[\]}]/;

/** False only when no array and no object in this JSON text can be empty. A text search costs a tenth of a walk; a hit may still lie inside a string. */
export const mayHoldBare = (text: string): boolean => bracket.test(text);

/** The same for any value: a hundredth of a walk, and every answer under load is asked. */
export const mayHoldEmpty = (text: string): boolean =>
  signs.some((each) => text.includes(each)) || (spaced.some((each) => text.includes(each)) && mayHoldBare(text));

/** Neither judged nor looked into. `name` is a key, a place in an array, or '' for the whole; `depth` is 0 for the whole. */
export type Spared = (value: Json, name: string | number, depth: number) => boolean;

/** An empty value: where, and which. */
export interface Empty {
  readonly path: string;
  readonly value: Json;
}

/** All of them, in order; `root` is how the path of the whole begins. */
export function* emptyIn(value: Json, root: string, spared: Spared, name: string | number = '', depth = 0): Generator<Empty, undefined> {
  if (spared(value, name, depth)) return;
  if (value === null || value === '') yield { path: root, value };
  if (value === null || typeof value !== 'object') return;
  const list = Array.isArray(value);
  const entries: readonly (readonly [string | number, Json])[] = list ? [...value.entries()] : Object.entries(value);
  if (entries.length === 0) yield { path: root, value };
  for (const [key, each] of entries)
    yield* emptyIn(each, list ? `${root}[${key}]` : root === '' ? String(key) : `${root}.${key}`, spared, key, depth + 1);
}
