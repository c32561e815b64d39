/**
 * What validating bulk files found, as plain data. Results of disjoint parts of the same files merge into the result of the whole: counts are added, of
 * the failures the first few in file order are kept. So `merge` is associative and commutative, and a merged result equals that of a single run.
 */
export interface FilesResult {
  readonly format: typeof filesFormat;
  readonly version: 1;
  /** The same for every shard of one run; results that differ here cannot be merged. */
  readonly plan: Plan;
  /** Which shards are in, ascending. Complete when there are `plan.shards` of them. */
  readonly shards: readonly number[];
  /** In the order of `plan.files`. */
  readonly files: readonly FileCounts[];
  /** Resources by type; anything that is no R4 type is counted under `(other)`. */
  readonly types: Readonly<Record<string, number>>;
  readonly rules: Readonly<Record<string, RuleCount>>;
  /** Why the ids of this part cannot be reconciled, when they cannot. */
  readonly noIndex?: string;
}

export const filesFormat = 'payer-assay.files';

export interface Plan {
  readonly files: readonly PlannedFile[];
  readonly shards: number;
  /** Failures kept for each rule. */
  readonly keep: number;
  /** Every line is also validated against the profiles it claims. */
  readonly profiles: boolean;
}

export interface PlannedFile {
  /** Unique in the plan, free of machine paths, so that shards on several machines agree. */
  readonly name: string;
  /** The type that the manifest or the file's name promises. */
  readonly type?: string;
  /** `count` of the manifest. */
  readonly count?: number;
}

export interface FileCounts {
  /** Decoded bytes that belong to the shards that are in. */
  readonly bytes: number;
  /** Lines, blank ones too. */
  readonly lines: number;
  readonly resources: number;
}

export type Severity = 'error' | 'warning' | 'not-verifiable';

export interface RuleCount {
  readonly severity: Severity;
  readonly count: number;
  /** The first in file order. */
  readonly first: readonly Failure[];
}

export interface Failure {
  /** Index in `plan.files`. */
  readonly file: number;
  /** From 1; 0 = the file as a whole. */
  readonly line: number;
  /** Offset of the line's first byte in the decoded file. */
  readonly offset: number;
  readonly text: string;
  /** FHIRPath of the element, where the rule knows it. */
  readonly expression?: string;
}

/** Rules are named by us, but a profile may bring any number of invariants: beyond this many they are counted together. */
const mostRules = 5000;

export function emptyResult(plan: Plan, shards: readonly number[]): FilesResult {
  return {
    format: filesFormat,
    version: 1,
    plan,
    shards,
    files: plan.files.map(() => ({ bytes: 0, lines: 0, resources: 0 })),
    types: {},
    rules: {},
  };
}

/** Joins results of different shards. Throws when they are not shards of one run, or share a shard. */
export function mergeResults(a: FilesResult, b: FilesResult): FilesResult {
  if (JSON.stringify(a.plan) !== JSON.stringify(b.plan))
    throw new Error('These results are not shards of one run: their files or options differ. Validate each shard with the same arguments.');
  const twice = a.shards.find((shard) => b.shards.includes(shard));
  if (twice !== undefined) throw new Error(`Shard ${twice}/${a.plan.shards} is there twice. Give each shard's result once.`);
  const noIndex = [a.noIndex, b.noIndex].filter((each) => each !== undefined);
  return {
    format: filesFormat,
    version: 1,
    plan: a.plan,
    shards: [...a.shards, ...b.shards].sort((x, y) => x - y),
    files: a.files.map((each, index) => addCounts(each, b.files[index])),
    types: addTypes(a.types, b.types),
    rules: mergeRules(a.rules, b.rules, a.plan.keep),
    ...(noIndex.length === 0 ? {} : { noIndex: [...new Set(noIndex)].sort().join('; ') }),
  };
}

export const addCounts = (a: FileCounts, b: FileCounts | undefined): FileCounts => ({
  bytes: a.bytes + (b?.bytes ?? 0),
  lines: a.lines + (b?.lines ?? 0),
  resources: a.resources + (b?.resources ?? 0),
});

export const addTypes = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Readonly<Record<string, number>> => {
  const sum = new Map(Object.entries(a));
  for (const [type, count] of Object.entries(b)) sum.set(type, (sum.get(type) ?? 0) + count);
  return sorted(sum);
};

export function mergeRules(
  a: Readonly<Record<string, RuleCount>>,
  b: Readonly<Record<string, RuleCount>>,
  keep: number,
): Readonly<Record<string, RuleCount>> {
  const all = new Map(Object.entries(a));
  for (const [name, more] of Object.entries(b)) {
    const rule = all.has(name) || all.size < mostRules ? name : '(other)';
    const known = all.get(rule);
    all.set(rule, known ? addRule(known, more, keep) : more);
  }
  return sorted(all);
}

const addRule = (a: RuleCount, b: RuleCount, keep: number): RuleCount => ({
  severity: a.severity,
  count: a.count + b.count,
  first: [...a.first, ...b.first].sort(inFileOrder).slice(0, keep),
});

const inFileOrder = (a: Failure, b: Failure): number =>
  a.file - b.file || a.line - b.line || compare(a.text, b.text) || compare(a.expression ?? '', b.expression ?? '');
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const sorted = <T>(map: ReadonlyMap<string, T>): Readonly<Record<string, T>> => Object.fromEntries([...map].sort(([a], [b]) => compare(a, b)));

/** Failures of this severity, all rules together. */
export const countOf = (result: FilesResult, severity: Severity): number =>
  Object.values(result.rules).reduce((sum, rule) => sum + (rule.severity === severity ? rule.count : 0), 0);
