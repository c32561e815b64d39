import type { Check, Selection } from '../core/model.ts';
import { type Suite, withNeeds } from './suite.ts';

/** The checks wanted, and the suites that gather evidence for them. Throws when nothing is left, naming what there is. */
export function choose(
  all: { readonly suites: readonly Suite[]; readonly checks: readonly Check[] },
  { scenarios, grep }: Selection,
): { readonly suites: readonly Suite[]; readonly checks: readonly Check[] } {
  const checks = all.checks.filter(
    (check) =>
      (scenarios === undefined || check.scenarios.some((each) => scenarios.includes(each))) &&
      (grep === undefined || grep.some((part) => check.id.includes(part))),
  );
  if (checks.length === 0)
    throw new Error(`No requirement matches ${[...(scenarios ?? []), ...(grep ?? [])].join(', ')}. See them all with: payer-assay list requirements`);
  const needed = new Set(scenarios ?? checks.flatMap((check) => check.scenarios));
  // A probe names the suite that sends it, whatever scenario that suite belongs to.
  const probing = new Set(checks.flatMap((check) => (check.probes ?? []).map((probe) => probe.suite)));
  const suites = all.suites.filter((suite) => suite.scenarios.some((each) => needed.has(each)) || probing.has(suite.id));
  return {
    checks,
    suites: withNeeds(
      all.suites,
      suites.map((suite) => suite.id),
    ),
  };
}
