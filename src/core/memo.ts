/**
 * The same pure function, computed once for each object it is asked about and forgotten with the object. Some twenty judges read the same part of an
 * answer; under load, inside k6's slow engine, reading it anew for each costs more than everything else they do.
 */
export function memo<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value; readonly passing: boolean; readonly answers: ReadonlySet<number> | undefined }>();
  return (key) => {
    const found = known.get(key);
    if (found && (noted === undefined || found.answers !== undefined)) {
      if (found.passing) readPassing();
      if (found.answers) for (const index of found.answers) noteAnswer(index);
      return found.value;
    }
    const before = reads;
    const { value, answers } = noted === undefined ? { value: compute(key), answers: undefined } : answersReadBy(() => compute(key));
    known.set(key, { value, passing: reads !== before, answers });
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

let noted: Set<number> | undefined;

/** Told by a watched exchange (src/core/witness.ts) whenever its answer is read. */
export const noteAnswer = (index: number): void => void noted?.add(index);

/** Runs `work` without noting what it reads: for choosing among answers. What is chosen is read, and noted, when it is judged. */
export function glance<Value>(work: () => Value): Value {
  const outer = noted;
  noted = undefined;
  try {
    return work();
  } finally {
    noted = outer;
  }
}

/** Runs `work`, and says which answers it, or anything kept from before that it relied on, read: what a finding can rest on. */
export function answersReadBy<Value>(work: () => Value): { readonly value: Value; readonly answers: ReadonlySet<number> } {
  const outer = noted;
  const own = new Set<number>();
  noted = own;
  try {
    return { value: work(), answers: own };
  } finally {
    noted = outer;
    if (outer) for (const index of own) outer.add(index);
  }
}
