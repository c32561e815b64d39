import { judge } from '../../src/core/judge.ts';
import type { Check, Evidence, Target } from '../../src/core/model.ts';

/**
 * The law of silence: what a target file leaves out is not asked, and never the payer's choice. For every entry of a full file: with the entry taken away, no row
 * that was decided becomes "does not apply".
 */

const today = '2026-11-29';
/** Entries that every target file has. */
const needed = new Set(['name', 'auth', 'members', 'auth.kind']);
/** Every row reads these as a whole already; an agreement speaks for the limits that it leaves out. */
const wholly = /^(guides|fhir|agreement\.limits)\./;

/** Who reads which entry, down to three levels: `members.known.patientId`. */
function readersOf(checks: readonly Check[], evidence: Evidence): ReadonlyMap<string, readonly Check[]> {
  const readers = new Map<string, Set<Check>>();
  let reading: Check | undefined;
  const note = (path: string) => reading && readers.set(path, (readers.get(path) ?? new Set()).add(reading));
  const watch = (value: unknown, path: readonly string[]): unknown =>
    value === null || typeof value !== 'object' || Array.isArray(value) || path.length > 2
      ? value
      : new Proxy(value, {
          get(of, name, receiver) {
            if (typeof name !== 'string') return Reflect.get(of, name, receiver);
            note([...path, name].join('.'));
            return watch(Reflect.get(of, name, receiver), [...path, name]);
          },
          ownKeys(of) {
            for (const name of Object.keys(of)) note([...path, name].join('.'));
            return Reflect.ownKeys(of);
          },
        });
  const watched = { ...evidence, target: watch(evidence.target, []) as Target };
  for (const check of checks) {
    reading = check;
    judge([check], watched, today);
  }
  return new Map([...readers].map(([path, these]) => [path, [...these]]));
}

function without(value: object, [first = '', ...rest]: readonly string[]): object {
  const { [first]: gone, ...others } = value as Readonly<Record<string, object>>;
  return rest.length === 0 || gone === undefined ? others : { ...others, [first]: without(gone, rest) };
}

const isThere = (target: Target, path: readonly string[]): boolean =>
  path.reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], target) !== undefined;

/** Rows that an entry's absence turns to "does not apply"; `every`: one entry of so many is tried. */
export function silencedIn(checks: readonly Check[], evidence: Evidence, every = 1): { readonly tried: number; readonly wrong: readonly string[] } {
  const whole = new Map(judge(checks, evidence, today).map(({ requirement, finding }) => [requirement, finding.outcome]));
  const paths = [...readersOf(checks, evidence)].filter(
    ([path]) => !needed.has(path) && !wholly.test(path) && isThere(evidence.target, path.split('.')),
  );
  const tried = paths.filter((_, nth) => nth % every === 0);
  const wrong = tried.flatMap(([path, reading]) =>
    judge(reading, { ...evidence, target: without(evidence.target, path.split('.')) as Target }, today).flatMap(({ requirement, finding }) =>
      finding.outcome === 'not-applicable' && whole.get(requirement) !== 'not-applicable' ? [`${path}: ${requirement}: ${finding.reason}`] : [],
    ),
  );
  return { tried: tried.length, wrong };
}
