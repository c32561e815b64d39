import type { Ask, Exchange, Unasked } from '../core/model.ts';
import type { Suite } from './suite.ts';

/** What these suites, which came to their end, could ask, and what nobody of the run asked. */
export function unaskedOf(suites: readonly Suite[], exchanges: readonly Exchange[]): readonly Unasked[] {
  const seen = new Set(exchanges.flatMap(({ step, variant, probe }) => [step, `${step} ${variant ?? ''}`, `${step} ${probe ?? ''}`]));
  const left = ({ step, variants, probes = [] }: Ask): readonly Omit<Unasked, 'suite'>[] => {
    const unsent = probes.filter((each) => !seen.has(`${step} ${each}`));
    const wrong = unsent.length === 0 ? {} : { probes: unsent };
    if (variants === undefined) return seen.has(step) ? (unsent.length === 0 ? [] : [{ step, variants: [], ...wrong }]) : [{ step, ...wrong }];
    const forms = variants.filter((each) => !seen.has(`${step} ${each}`));
    return forms.length + unsent.length === 0 ? [] : [{ step, variants: forms, ...wrong }];
  };
  return suites.flatMap(({ id, asks }) => asks.flatMap(left).map((each) => ({ suite: id, ...each })));
}
