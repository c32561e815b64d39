import type { Provider } from '../client/provider.ts';
import type { Scenario } from '../core/model.ts';

/** One conversation with a payer. It only drives; judging comes later. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  readonly scenarios: readonly Scenario[];
  /** Suites that must have run before, by id. */
  readonly needs?: readonly string[];
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
