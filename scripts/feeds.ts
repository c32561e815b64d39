import { checks } from '../checks/index.ts';
import { startEmbedded } from '../mocks/embedded.ts';
import { findingOf } from '../src/core/judge.ts';
import { answersReadBy } from '../src/core/memo.ts';
import type { Check, Evidence, Exchange } from '../src/core/model.ts';
import { drive } from '../src/run/drive.ts';
import { openSession } from '../src/run/session.ts';
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

/** What src/run/feeds.json holds: one line a requirement. */
export function feedsPage(evidence: Evidence): string {
  const lines = [...checks]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((check) => `  ${JSON.stringify(check.id)}: ${JSON.stringify(feedsOf(check, evidence))}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}
