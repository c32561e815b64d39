import type { Issue, Json } from '../../core/model.ts';
import type { NarrativeProblem } from './xhtml.ts';

/** State of one validation run: where we are, and what was found. Mutable, because it is touched for every element. */
export interface Context {
  issues: Issue[];
  /** Path as a stack: segment names and, for repeating elements, indexes (-1: does not repeat). */
  readonly names: string[];
  readonly indexes: number[];
  depth: number;
  /** Canonical with version of the profile being applied. */
  profile: string;
  /** The innermost resource around the element, and the outermost. */
  resource: Json;
  root: Json;
  /** The resource says that it is incomplete (tag SUBSETTED): what is absent is not missing. */
  subset: boolean;
  /** Within a transaction or batch, where references may be searches. */
  transaction: boolean;
  /** Entries of the surrounding Bundle by fullUrl and by `Type/id`. */
  bundle: ReadonlyMap<string, Json> | undefined;
  /** Whole numbers that the text writes with a point or an exponent, by JSON path. */
  readonly written?: ReadonlyMap<string, string>;
  /** Ids of elements by resource, each with the place where it was met first. */
  readonly ids: Map<Json, Map<string, string>>;
  /** Profiles being applied to resources right now: a profile that leads back to itself is not entered again. */
  readonly active: Map<Json, Set<string>>;
  /** Objects that may still be visited. */
  budget: number;
  /** The narrative read last: profile and base type ask about the same one. */
  narrative?: { readonly text: string; readonly problem: NarrativeProblem | undefined };
}

/** Checks one value at the current place. */
export type Checker = (value: Json, at: Context) => void;

/** Ends a run early. The message becomes a *not verifiable* issue. */
export class Halt extends Error {}

const mostObjects = 2_000_000;
const mostIssues = 500;
const mostDepth = 100;

export function createContext(root: Json, profile: string, written?: ReadonlyMap<string, string>): Context {
  return {
    ...(written === undefined ? {} : { written }),
    issues: [],
    names: [],
    indexes: [],
    depth: 0,
    profile,
    resource: root,
    root,
    subset: false,
    transaction: false,
    bundle: undefined,
    ids: new Map(),
    active: new Map(),
    budget: mostObjects,
  };
}

export function enter(at: Context, name: string, index: number): void {
  at.names[at.depth] = name;
  at.indexes[at.depth] = index;
  at.depth++;
}

/** Counts one object against the limits. */
export function visit(at: Context): void {
  if (--at.budget < 0) throw new Halt(`more than ${mostObjects} elements`);
  if (at.depth > mostDepth) throw new Halt(`nested more than ${mostDepth} levels deep`);
}

/** FHIRPath of the current place: `Patient.name[0].given[1]`. */
export function expressionOf(at: Context): string {
  let path = '';
  for (let i = 0; i < at.depth; i++) {
    const index = at.indexes[i] ?? -1;
    path += `${i === 0 ? '' : '.'}${at.names[i]}${index < 0 ? '' : `[${index}]`}`;
  }
  return path;
}

/** Rules that elements left out can break: cardinality, and invariants, most of which ask for one element when another is there or not. */
const aboutAbsence = /^(?:min|slice\.min|invariant\.)/;

export function report(at: Context, severity: Issue['severity'], rule: string, text: string, child?: string): void {
  if (at.issues.length >= mostIssues) throw new Halt(`more than ${mostIssues} issues`);
  if (at.subset && aboutAbsence.test(rule)) return;
  const here = expressionOf(at);
  at.issues.push({ severity, rule, expression: child === undefined ? here : `${here}.${child}`, text, tier: 1, profile: at.profile });
}

/** Runs a check and answers whether it found no error; its issues are thrown away. */
export function quietly(check: Checker, value: Json, at: Context): boolean {
  const kept = at.issues;
  const depth = at.depth;
  const mine: Issue[] = [];
  at.issues = mine;
  try {
    check(value, at);
  } finally {
    at.issues = kept;
    at.depth = depth;
  }
  return !mine.some((issue) => issue.severity === 'error');
}
