/**
 * The same pure function, computed once for each object it is asked about and forgotten with the object. Some twenty judges read the same part of an
 * answer; under load, inside k6's slow engine, reading it anew for each costs more than everything else they do.
 */
export function memo<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value; readonly passing: boolean; readonly read?: Read<Value> }>();
  return (key) => {
    const found = known.get(key);
    if (found && (noted === undefined || found.read !== undefined)) {
      if (found.passing) readPassing();
      for (const index of found.read?.answers ?? []) noteAnswer(index);
      for (const index of found.read?.glances ?? []) glanced?.add(index);
      return found.value;
    }
    const before = reads;
    const read = noted === undefined ? undefined : answersReadBy(() => compute(key));
    const value = read === undefined ? compute(key) : read.value;
    known.set(key, { value, passing: reads !== before, ...(read === undefined ? {} : { read }) });
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

/** What a piece of work read. */
interface Read<Value> {
  readonly value: Value;
  /** Answers that it read: what a finding can rest on. */
  readonly answers: ReadonlySet<number>;
  /** Answers that it only chose among, where somebody asks for them. */
  readonly glances: ReadonlySet<number>;
}

let noted: Set<number> | undefined;
let glanced: Set<number> | undefined;

/** Told by a watched exchange (src/core/witness.ts) whenever its answer is read. */
export const noteAnswer = (index: number): void => void noted?.add(index);

/** Runs `work` without noting what it reads: for choosing among answers. What is chosen is read, and noted, when it is judged. */
export function glance<Value>(work: () => Value): Value {
  const outer = noted;
  noted = glanced;
  try {
    return work();
  } finally {
    noted = outer;
  }
}

/** Runs `work`, and says which answers it, or anything kept from before that it relied on, read. `glances`: also those that it chose among. */
export function answersReadBy<Value>(work: () => Value, { glances = glanced !== undefined } = {}): Read<Value> {
  const [outer, outerGlanced] = [noted, glanced];
  const [own, ownGlanced] = [new Set<number>(), new Set<number>()];
  noted = own;
  glanced = glances ? ownGlanced : undefined;
  try {
    return { value: work(), answers: own, glances: ownGlanced };
  } finally {
    [noted, glanced] = [outer, outerGlanced];
    if (outer) for (const index of own) outer.add(index);
    if (outerGlanced) for (const index of ownGlanced) outerGlanced.add(index);
  }
}
