import type { Json } from '../../src/core/model.ts';

const isPlain = (value: unknown): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Joins what several areas say about one thing: objects member by member, lists one after the other, else the later word counts. */
export function merge<T extends object>(first: T, ...more: readonly object[]): T {
  const out = { ...first } as Record<string, unknown>;
  for (const next of more)
    for (const [key, value] of Object.entries(next)) {
      const own = out[key];
      out[key] = isPlain(own) && isPlain(value) ? merge(own, value) : Array.isArray(own) && Array.isArray(value) ? [...own, ...value] : value;
    }
  return out as T;
}
