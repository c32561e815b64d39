import type { Provider } from '../client/provider.ts';
import type { Ask, Exchange, Probe, Scenario } from '../core/model.ts';

/** One conversation with a payer. It only drives; judging comes later. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  readonly scenarios: readonly Scenario[];
  /** Suites that must have run before, by id. */
  readonly needs?: readonly string[];
  /** Everything it may ask: what was not asked is missing because of this suite, and of no other. */
  readonly asks: readonly Ask[];
  /** About how many requests it makes: a run states its total beforehand. */
  readonly requests: number;
  /** Throws `Stop` when it cannot go on; anything else is a defect of ours and is reported as such. */
  readonly drive: (provider: Provider) => Promise<unknown>;
}

/** The given suites and all they need, in registry order. */
export function withNeeds(registry: readonly Suite[], ids: readonly string[]): readonly Suite[] {
  const wanted = new Set<string>();
  const add = (id: string): void => {
    const suite = registry.find((each) => each.id === id);
    if (!suite) throw new Error(`No suite is called ${id}. Known: ${registry.map((each) => each.id).join(', ')}.`);
    if (wanted.has(id)) return;
    wanted.add(id);
    suite.needs?.forEach(add);
  };
  ids.forEach(add);
  return registry.filter((each) => wanted.has(each.id));
}

/** Any suite may find its token expired. */
const renewal: Ask = { step: 'token', variants: ['renewal'] };

/** Does the suite say that it asks this? `probes` are those of the catalogue. */
export function declares(suite: Suite, { step, variant, probe }: Pick<Exchange, 'step' | 'variant' | 'probe'>, probes: readonly Probe[]): boolean {
  if (probe !== undefined && probes.some((each) => each.suite === suite.id && each.step === step && each.id === probe)) return true;
  return [...suite.asks, renewal].some((ask) => {
    if (ask.step !== step) return false;
    if (probe !== undefined) return ask.probes?.includes(probe) ?? false;
    return ask.variants === undefined ? variant === undefined : variant !== undefined && ask.variants.includes(variant);
  });
}
