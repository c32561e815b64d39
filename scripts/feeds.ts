import { checks } from '../checks/index.ts';
import { startEmbedded } from '../mocks/embedded.ts';
import { findingOf } from '../src/core/judge.ts';
import { answersReadBy } from '../src/core/memo.ts';
import type { Check, Evidence, Exchange } from '../src/core/model.ts';
import { drive } from '../src/run/drive.ts';
import { openSession } from '../src/run/session.ts';
import { withNeeds } from '../src/run/suite.ts';
import { suites } from '../suites/index.ts';

/** The whole honest run at the embedded payer. */
export async function honestRun(): Promise<Evidence> {
  const embedded = await startEmbedded();
  const session = openSession(embedded.target, embedded.secrets);
  try {
    return await drive({ target: embedded.target, suites, ...session });
  } finally {
    session.close();
    await embedded.close();
  }
}

/** By these a judge finds its exchanges; whatever else it looks at of one, it reads it. */
const labels = new Set<PropertyKey>(['index', 'suite', 'step', 'probe', 'variant', 'member', 'follows']);

/** Suites whose exchanges a check reads in a history, whether or not it binds there. */
export function feedsOf(check: Check, evidence: Evidence): readonly string[] {
  const read = new Set<string>();
  const noted = (exchange: Exchange): Exchange =>
    new Proxy(exchange, {
      get(of, name) {
        if (!labels.has(name)) read.add(of.suite);
        return Reflect.get(of, name);
      },
    });
  const watched = { ...evidence, exchanges: evidence.exchanges.map(noted) };
  check.applies?.(watched);
  check.judge(watched);
  // And the honest requests that show that a refusal means something.
  for (const index of answersReadBy(() => findingOf(check, evidence)).answers) read.add(evidence.exchanges[index]?.suite ?? '');
  return suites.map(({ id }) => id).filter((id) => read.has(id));
}

/**
 * Of a scenario alone, suites of other scenarios without which a row that passes in the whole run is open: those that hold its controls. The first that is
 * enough, else all.
 */
export function alsoOf(check: Check, evidence: Evidence, feeds: readonly string[]): readonly string[] {
  const whole = findingOf(check, evidence).outcome;
  const by = (ids: readonly string[]) => {
    const held = new Set(withNeeds(suites, ids).map(({ id }) => id));
    return findingOf(check, { ...evidence, exchanges: evidence.exchanges.filter(({ suite }) => held.has(suite)) }).outcome;
  };
  const also = new Set<string>();
  if (whole !== 'pass') return [];
  for (const scenario of check.scenarios) {
    const fitting = suites.filter(({ id, scenarios }) => feeds.includes(id) && scenarios.includes(scenario)).map(({ id }) => id);
    const here = [...new Set(['discover', ...fitting, ...(check.probes ?? []).map(({ suite }) => suite)])];
    if (by([...here, ...also]) !== 'not-testable') continue;
    const others = feeds.filter((id) => !here.includes(id));
    const enough = others.find((id) => by([...here, ...also, id]) === whole);
    for (const id of enough === undefined ? others : [enough]) also.add(id);
  }
  return [...also];
}

/** The honest run launches no app, so rows about apps are fed by what launches them. */
const launching = ({ faults }: Check): readonly string[] => {
  const steps = faults.flatMap(({ at }) => at).filter((step) => step.startsWith('app.'));
  return suites.filter(({ asks }) => asks.some(({ step }) => steps.includes(step))).map(({ id }) => id);
};

/** What src/run/feeds.json holds: one line a requirement. */
export function feedsPage(evidence: Evidence): string {
  const lines = [...checks]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((check) => {
      const reads = [...new Set([...feedsOf(check, evidence), ...launching(check)])];
      const also = alsoOf(check, evidence, reads);
      return `  ${JSON.stringify(check.id)}: ${JSON.stringify(also.length === 0 ? { reads } : { reads, also })}`;
    });
  return `{\n${lines.join(',\n')}\n}\n`;
}
