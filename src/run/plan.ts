import type { Ask, Check, Probe } from '../core/model.ts';
import type { Feeds } from './choose.ts';
import { forecast, type Ground, type Suite } from './suite.ts';

/** What a run will do, before it does it. */
export interface PlannedSuite {
  readonly suite: Suite;
  readonly requests: number;
  /** Which chosen requirements read it, or which suites need it. */
  readonly why: string;
  readonly asks: readonly Ask[];
  /** What it changes at the payer, in words. */
  readonly changes: readonly string[];
}

/** `feeds`: ids of suites by requirement, where known. */
export function planOf(
  { suites, checks }: { readonly suites: readonly Suite[]; readonly checks: readonly Check[] },
  feeds: Feeds,
  ground: Ground,
): readonly PlannedSuite[] {
  const probes = checks.flatMap((check) => check.probes ?? []);
  return suites.map((suite) => {
    const reading = checks.filter((check) => feeds[check.id]?.reads.includes(suite.id) || check.probes?.some((probe) => probe.suite === suite.id));
    const needing = suites.filter((each) => each.needs?.includes(suite.id) || each.after?.some((lesson) => lesson.suite === suite.id));
    const asks = [...suite.asks, ...probing(suite, probes)];
    return {
      suite,
      asks,
      requests: forecast([suite], ground),
      why:
        reading.length > 0
          ? `${reading.length === 1 ? `1 requirement (${reading[0]?.id})` : `${reading.length} requirements`}`
          : needing.length > 0
            ? `needed by ${needing.map(({ id }) => id).join(', ')}`
            : 'held in every run',
      changes: [...new Set(asks.flatMap(({ changes }) => changes ?? []))],
    };
  });
}

const probing = (suite: Suite, probes: readonly Probe[]): readonly Ask[] => {
  const own = probes.filter((probe) => probe.suite === suite.id);
  return [...new Set(own.map(({ step }) => step))].map((step) => ({
    step,
    variants: [],
    probes: own.filter((probe) => probe.step === step).map(({ id }) => id),
  }));
};

/** The plan as text: each conversation, why it is held, what it asks, and what it changes. */
export function planText(plan: readonly PlannedSuite[]): string {
  const forms = ({ step, variants, probes = [] }: Ask): string => {
    const names = [...(variants ?? []), ...probes.map((each) => `!${each}`)];
    return names.length === 0 ? step : `${step}: ${names.join(', ')}`;
  };
  const lines = plan.flatMap(({ suite, requests, why, asks, changes }) => [
    `${suite.id}  ${suite.title}`,
    `    about ${requests} request${requests === 1 ? '' : 's'}; for ${why}`,
    ...asks.map((ask) => `    ${ask.changes === undefined ? '' : 'WRITES '}${forms(ask)}`),
    ...changes.map((each) => `    WRITES: it ${each}`),
  ]);
  return `${lines.join('\n')}\n`;
}
