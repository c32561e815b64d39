/**
 * The same pure function, computed once for each object it is asked about and forgotten with the object. Some twenty judges read the same part of an
 * answer; under load, inside k6's slow engine, reading it anew for each costs more than everything else they do.
 */
export function memo<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value; readonly passing: boolean }>();
  return (key) => {
    const found = known.get(key);
    if (found) {
      if (found.passing) readPassing();
      return found.value;
    }
    const before = reads;
    const value = compute(key);
    known.set(key, { value, passing: reads !== before });
    return value;
  };
}

let reads = 0;

/** Told by whoever hands out what the next answer of the same words may not share: headers and times. */
export const readPassing = (): void => void reads++;

/** Runs `work`, and says whether it, or anything kept from before that it relied on, read something passing. */
export function restsOnPassing<Value>(work: () => Value): { readonly value: Value; readonly passing: boolean } {
  const before = reads;
  const value = work();
  return { value, passing: reads !== before };
}
