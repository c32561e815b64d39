/**
 * The same pure function, computed once for each object it is asked about and forgotten with the object. Some twenty judges read the same part of an
 * answer; under load, inside k6's slow engine, reading it anew for each costs more than everything else they do.
 */
export function memo<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const found = known.get(key);
    if (found) return found.value;
    const value = compute(key);
    known.set(key, { value });
    return value;
  };
}
