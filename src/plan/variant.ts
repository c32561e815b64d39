import type { Run } from '../core/model.ts';
import { guidesUnder } from './target.ts';
import type { Resolved } from './types.ts';

/**
 * The variant that the payer declares, where none was named: its rows are judged, and its version is part of the name of the grade. A variant that was named
 * stays. Without a fitting one: the default.
 */
export function fitting(run: Pick<Run, 'exchanges' | 'target' | 'side'>, resolved: Resolved): Resolved {
  const { open = [], ...own } = resolved;
  const bindsWhatIsDeclared = (each: Resolved): boolean => {
    const bound = new Set(
      Object.values(each.plan.variants ?? {}).flatMap((values) => Object.values(values).flatMap(({ guides = {} }) => Object.keys(guides))),
    );
    return guidesUnder(run, each).every(({ id, state }) => !bound.has(id) || state === 'bound');
  };
  return [own, ...open].find(bindsWhatIsDeclared) ?? own;
}

/** Rows of all variants that are still open: what a run asks. */
export const rowsAskedBy = ({ rows, open = [] }: Resolved): Resolved['rows'] =>
  Object.assign({}, ...open.map((each) => each.rows), rows) as Resolved['rows'];
