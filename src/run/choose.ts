import { readFileSync } from 'node:fs';
import type { Check, Selection, Target } from '../core/model.ts';
import { type Suite, withNeeds } from './suite.ts';

/** Suites whose exchanges a judge reads, by requirement; written by `npm run docs` from the honest run (scripts/feeds.ts), and held to it by a test. */
export type Feeds = Readonly<Record<string, Feed>>;

export interface Feed {
  readonly reads: readonly string[];
  /** Suites that a run of one scenario holds as well, though they belong to others: they hold the controls of the row. */
  readonly also?: readonly string[];
}
/** Read when it is asked for: a run of everything needs it not. */
export const feeds = (): Feeds => JSON.parse(readFileSync(new URL('./feeds.json', import.meta.url), 'utf8')) as Feeds;

export interface Catalogue {
  readonly suites: readonly Suite[];
  readonly checks: readonly Check[];
}

/** Where the payer is: held whatever was chosen, since nothing can be asked without it. */
const always = 'discover';

/**
 * The checks wanted, and the suites that gather evidence for them, with those that they need; a target says which of these are needed for what it leaves out.
 * Under plans the checks given are theirs already. `more`: suites that are wanted beside. Throws when nothing is left, naming what there is.
 */
export function choose(all: Catalogue, { scenarios, only, plans }: Selection, target?: Target, more: readonly string[] = []): Catalogue {
  const checks = all.checks.filter(
    (check) =>
      (scenarios === undefined || check.scenarios.some((each) => scenarios.includes(each))) &&
      (only === undefined || only.some((part) => check.id.includes(part))),
  );
  if (checks.length === 0)
    throw new Error(`No requirement matches ${[...(scenarios ?? []), ...(only ?? [])].join(', ')}. See them all with: payer-assay list requirements`);
  if (scenarios === undefined && only === undefined && plans === undefined) return all;
  const known = feeds();
  // Under a plan, a row that looks at nearly everything looks at what the others bring.
  const own = (ids: readonly string[]) => (plans !== undefined && scenarios === undefined && only === undefined && ids.length > widest ? [] : ids);
  const wanted = new Set([...checks.flatMap((check) => own(feeding(check, all.suites, known))), ...more]);
  // A probe names the suite that sends it, whatever scenario that suite belongs to.
  const probing = new Set(checks.flatMap((check) => (check.probes ?? []).map((probe) => probe.suite)));
  const also = new Set(checks.flatMap((check) => known[check.id]?.also ?? []));
  const ids = all.suites.flatMap(({ id, scenarios: theirs }) => {
    const fits = scenarios === undefined || theirs.some((each) => scenarios.includes(each));
    return id === always || probing.has(id) || also.has(id) || (wanted.has(id) && fits) ? [id] : [];
  });
  return { checks, suites: withNeeds(all.suites, ids, target) };
}

/** Rows that read more suites than this judge whatever was said: the form of errors, tokens that are refused, TLS. */
const widest = 30;

/** By what its judge reads; a check that nobody has looked at yet is fed by every suite of its scenarios. */
const feeding = (check: Check, suites: readonly Suite[], known: Feeds): readonly string[] =>
  known[check.id]?.reads ?? suites.filter((suite) => suite.scenarios.some((each) => check.scenarios.includes(each))).map(({ id }) => id);
