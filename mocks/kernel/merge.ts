import { isObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

/** Joins what several areas say about one thing: objects member by member, lists one after the other, else the later word counts. */
export function merge<T extends object>(first: T, ...more: readonly object[]): T {
  const out = { ...first } as Record<string, unknown>;
  for (const next of more)
    for (const [key, value] of Object.entries(next)) {
      const own = out[key] as Json | undefined;
      out[key] = isObject(own) && isObject(value) ? merge(own, value) : Array.isArray(own) && Array.isArray(value) ? [...own, ...value] : value;
    }
  return out as T;
}
