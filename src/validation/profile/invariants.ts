import { createRequire } from 'node:module';
import type { Json } from '../../core/model.ts';
import type { Constraint } from '../definitions/definitions.ts';
import { corrected } from '../definitions/errata.ts';
import { booleanOf, type Choices, compile, Failed, HandOver, isElement, listOf, Unknown, Unsupported } from '../fhirpath/index.ts';
import { type Checker, type Context, report } from './context.ts';

/** Does the invariant hold here? undefined: it cannot be evaluated. */
export type InvariantTest = (value: Json, at: Context) => boolean | undefined;
/** How an invariant is run: compiled by us, by the fhirpath library, or natively. */
export interface Invariant {
  readonly how: 'native' | 'compiled' | 'library';
  readonly test: InvariantTest;
}

/** Kept elsewhere: ele-1 and ext-1 by the object checker, txt-1 and txt-2 with the narrative's XHTML, which is read once. */
const structural = new Set(['ele-1', 'ext-1', 'txt-1', 'txt-2']);

const native: Readonly<Record<string, InvariantTest>> = {
  'dom-2': (value) => containedOf(value).every((each) => !isElement(each) || each['contained'] === undefined),
  'dom-3': (value) => containedOf(value).length === 0 || unreferenced(value).length === 0,
  'dom-4': (value) => containedOf(value).every((each) => metaOf(each, 'versionId') === undefined && metaOf(each, 'lastUpdated') === undefined),
  'dom-5': (value) => containedOf(value).every((each) => metaOf(each, 'security') === undefined),
  'per-1': (value) => (isElement(value) ? inOrderOfTime(value['start'], value['end']) : undefined),
  'dom-6': (value) => isElement(value) && isElement(value['text']) && value['text']['div'] !== undefined,
};

/**
 * Not before `start` as a whole: an end of low precision takes in all of its day, month or year (https://hl7.org/fhir/R4/datatypes.html#period). The
 * published comparison has no answer for dates of unlike precision.
 */
function inOrderOfTime(start: Json | undefined, end: Json | undefined): boolean | undefined {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  // Without a zone a day may be anywhere on Earth; two days without one are days of one calendar.
  const slack = start.includes('T') === end.includes('T') ? 0 : zoneless;
  const [first, last] = [Date.parse(start) - slack, latest(end) + slack];
  return Number.isNaN(first) || Number.isNaN(last) ? undefined : first <= last;
}

/** Milliseconds. */
const zoneless = 14 * 3_600_000;

/** The last moment that a date takes in. */
function latest(date: string): number {
  if (date.includes('T')) return Date.parse(date);
  const [year = 0, month, day] = date.split('-').map(Number);
  const next =
    day !== undefined && month !== undefined ? Date.UTC(year, month - 1, day + 1) : Date.UTC(month === undefined ? year + 1 : year, month ?? 0, 1);
  return next - 1;
}

/** By what is loaded, for memberOf() answers from that. */
const caches = new WeakMap<Choices, Map<string, Invariant | string>>();

/** Compiles one invariant, once per process; a string says why it cannot be run. */
export function invariantOf(constraint: Constraint, path: string, choices: Choices, type?: string): Invariant | string {
  const own = native[constraint.key];
  if (own) return { how: 'native', test: own };
  if (constraint.expression === undefined) return 'it has no FHIRPath expression';
  const expression = corrected(constraint.key, constraint.expression);
  const key = `${path} ${type ?? ''}\n${expression}`;
  const cache = caches.get(choices) ?? new Map<string, Invariant | string>();
  caches.set(choices, cache);
  let made = cache.get(key);
  if (made === undefined) {
    made = compiled(expression, path, choices, type) ?? byLibrary(expression, path);
    cache.set(key, made);
  }
  return made;
}

function compiled(expression: string, path: string, choices: Choices, type: string | undefined): Invariant | undefined {
  let library: Invariant | string | undefined;
  try {
    const run = compile(expression, choices, type);
    return {
      how: 'compiled',
      test(value, at) {
        try {
          return booleanOf(run([value], { resource: at.resource, root: at.root, context: value }));
        } catch (cause) {
          if (cause instanceof Unknown || cause instanceof Failed) return undefined;
          if (!(cause instanceof HandOver)) throw cause;
          library ??= byLibrary(expression, path);
          return typeof library === 'string' ? undefined : library.test(value, at);
        }
      },
    };
  } catch (cause) {
    if (!(cause instanceof Unsupported)) throw cause;
    return undefined;
  }
}

const require = createRequire(import.meta.url);
type Library = {
  compile(
    source: string | { base: string; expression: string },
    model: unknown,
    options: { readonly traceFn: () => void },
  ): (value: unknown, env: Record<string, unknown>) => unknown;
};

/** Runs an expression through the fhirpath library, with R4 types. */
export function byLibrary(expression: string, path: string): Invariant | string {
  const library = require('fhirpath') as Library;
  const model: unknown = require('fhirpath/fhir-context/r4');
  let run: ReturnType<Library['compile']>;
  try {
    // Without a traceFn, trace() prints what it is given: data of patients.
    run = library.compile(path.includes('.') ? { base: path, expression } : expression, model, { traceFn: () => undefined });
  } catch (cause) {
    return `fhirpath cannot compile it: ${cause instanceof Error ? cause.message.slice(0, 120) : String(cause)}`;
  }
  return {
    how: 'library',
    test(value, at) {
      try {
        // What lies beside a primitive is not handed over with it.
        if (!isElement(value) && /\b(?:extension|id)\b/.test(expression)) return undefined;
        const answer = run(value, { resource: at.resource, rootResource: at.root });
        return Array.isArray(answer) ? booleanOf(answer as readonly Json[]) : undefined;
      } catch {
        // resolve(), memberOf() and the like need a server.
        return undefined;
      }
    },
  };
}

/** Checks the invariants of one element, but for `skip` (applied elsewhere). */
export function invariantChecker(
  constraints: readonly Constraint[],
  path: string,
  skip: ReadonlySet<string>,
  choices: Choices,
  limits: Set<string>,
  type?: string,
): Checker | undefined {
  const tests = constraints
    .filter((each) => !structural.has(each.key) && !skip.has(each.key))
    .flatMap((constraint) => {
      const made = invariantOf(constraint, path, choices, type);
      if (typeof made === 'string') limits.add(`invariant ${constraint.key} of ${path}: ${made}`);
      return [{ constraint, test: typeof made === 'string' ? () => undefined : made.test }];
    });
  if (tests.length === 0) return undefined;
  return (value, at) => {
    for (const { constraint, test } of tests) {
      const holds = test(value, at);
      if (holds === true) continue;
      const rule = `invariant.${constraint.key}`;
      if (holds === undefined) report(at, 'not-verifiable', rule, `${constraint.human ?? constraint.expression ?? ''} (cannot be evaluated here)`);
      else
        report(
          at,
          constraint.severity === 'error' ? 'error' : 'warning',
          rule,
          constraint.human ?? constraint.expression ?? 'The invariant does not hold.',
        );
    }
  };
}

const containedOf = (value: Json): readonly Json[] => (isElement(value) ? listOf(value['contained']) : []);
const metaOf = (resource: Json, name: string): Json | undefined =>
  isElement(resource) && isElement(resource['meta']) ? resource['meta'][name] : undefined;

/** Contained resources that nothing refers to and that do not refer to their container. */
function unreferenced(value: Json): readonly Json[] {
  const used = new Set<string>();
  gather(value, used);
  return containedOf(value).filter((each) => {
    if (!isElement(each)) return false;
    const inner = new Set<string>();
    gather(each, inner);
    return !used.has(`#${String(each['id'])}`) && !inner.has('#');
  });
}

function gather(value: Json, into: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('#')) into.add(value);
  } else if (Array.isArray(value)) for (const each of value) gather(each, into);
  else if (isElement(value)) for (const key in value) gather(value[key] as Json, into);
}
