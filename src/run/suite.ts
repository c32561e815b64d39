import type { Provider } from '../client/provider.ts';
import type { Ask, Exchange, Known, Probe, Scenario, Target } from '../core/model.ts';

/** What is known of a payer before a suite is held: the target file, and what discovery has read by then. */
export type Ground = Pick<Known, 'target' | 'capability' | 'smart'>;
export type Forecast = (ground: Ground) => number;

/** A suite that teaches another one what the target file may say instead. */
export interface Lesson {
  readonly suite: string;
  /** The target file says it: then it is not held for the other one's sake. */
  readonly unless?: (target: Target) => boolean;
}

/** One conversation with a payer. It only drives; judging comes later. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  readonly scenarios: readonly Scenario[];
  /** Suites that must have run before, by id. */
  readonly needs?: readonly string[];
  /** True where nothing else may be under way: it changes what others see, or takes times. */
  readonly alone?: (target: Target) => boolean;
  /** How many jobs it has out at once; default 1 where it starts any. */
  readonly jobs?: number;
  /** Everything it may ask: what was not asked is missing because of this suite, and of no other. */
  readonly asks: readonly Ask[];
  /** Suites that are held before it where they are held at all, and for its sake where the target file is silent. */
  readonly after?: readonly Lesson[];
  /** About how many requests it makes: a run states its total beforehand. */
  readonly requests: number | Forecast;
  /** Throws `Stop` when it cannot go on; anything else is our bug and is reported as such. */
  readonly drive: (provider: Provider) => Promise<unknown>;
}

/** About how many requests the suites will make. */
export const forecast = (suites: readonly Suite[], ground: Ground): number =>
  Math.round(suites.reduce((sum, { requests }) => sum + (typeof requests === 'number' ? requests : requests(ground)), 0));

/** Export jobs that are out at once where the target file does not say. */
export const usualJobs = 4;

/** How many whole exports the suites run at most: each is waited for. */
export const exportsIn = (suites: readonly Suite[]): number => {
  const waited = suites.flatMap(({ asks }) => asks.filter(({ step }) => step === 'bulk.file').flatMap(({ variants = [] }) => variants));
  return suites
    .flatMap(({ asks }) => asks.filter(({ step }) => step === 'bulk.kickoff').flatMap(({ variants = [] }) => variants))
    .filter((each) => waited.some((file) => file === each)).length;
};

/** The given suites and all they need, in registry order; with a target also those that teach what it does not say. */
export function withNeeds(registry: readonly Suite[], ids: readonly string[], target?: Target): readonly Suite[] {
  const known = new Set(registry.map(({ id }) => id));
  const wanted = new Set<string>();
  const add = (id: string): void => {
    const suite = registry.find((each) => each.id === id);
    if (!suite) throw new Error(`No suite is called ${id}. Known: ${registry.map((each) => each.id).join(', ')}.`);
    if (wanted.has(id)) return;
    wanted.add(id);
    suite.needs?.forEach(add);
    if (target !== undefined) for (const each of suite.after ?? []) if (each.unless?.(target) !== true && known.has(each.suite)) add(each.suite);
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
