import type { Json } from '../../core/model.ts';
import { isElement } from '../fhirpath/index.ts';
import { type Checker, type Context, report } from './context.ts';

/** How the items of a sliced element are sorted into slices. */
export interface Slicing {
  begin(): State;
  /** Sorts one item and checks it: with its slice, or with `otherwise` when it belongs to none. */
  item(item: Json, state: State, at: Context, otherwise: Checker): void;
  /** Compares the counts with each slice's cardinality. */
  end(state: State, at: Context, key: string): void;
  /** Called instead of all when the element is absent. */
  absent(at: Context, name: string): void;
}

export interface State {
  readonly counts: number[];
  last: number;
  unknown: boolean;
}

export interface Slice {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** undefined: cannot be told here. */
  readonly matches: (item: Json, at: Context) => boolean | undefined;
  /** The url that alone decides, for extensions. */
  readonly url?: string;
  check: Checker;
}

export interface SlicingRules {
  readonly closed: boolean;
  readonly ordered: boolean;
}

export function slicingOf(slices: readonly Slice[], rules: SlicingRules): Slicing {
  const byUrl = slices.every((slice) => slice.url !== undefined) ? new Map(slices.map((slice, i) => [slice.url, i])) : undefined;
  const bounded = slices.flatMap((slice, i) => (slice.min > 0 || slice.max !== Number.POSITIVE_INFINITY ? [i] : []));

  function find(item: Json, at: Context): number | undefined {
    if (byUrl) return isElement(item) ? (byUrl.get(typeof item['url'] === 'string' ? item['url'] : '') ?? -1) : -1;
    let open = false;
    for (let i = 0; i < slices.length; i++) {
      const answer = slices[i]?.matches(item, at);
      if (answer === true) return i;
      if (answer === undefined) open = true;
    }
    return open ? undefined : -1;
  }

  return {
    begin: () => ({ counts: new Array<number>(slices.length).fill(0), last: -1, unknown: false }),
    item(item, state, at, otherwise) {
      const found = find(item, at);
      const slice = found === undefined ? undefined : slices[found];
      if (found === undefined) {
        state.unknown = true;
        report(at, 'not-verifiable', 'slicing', 'What is loaded does not say which slice this belongs to.');
      } else if (slice) {
        state.counts[found] = (state.counts[found] ?? 0) + 1;
        if (rules.ordered && found < state.last) report(at, 'error', 'slicing.order', `Slice ${slice.name} comes too late: the slices are ordered.`);
        state.last = Math.max(state.last, found);
      } else if (rules.closed) report(at, 'error', 'slicing.closed', 'This matches no slice, and no others are allowed.');
      (slice?.check ?? otherwise)(item, at);
    },
    end(state, at, key) {
      for (const i of bounded) {
        const slice = slices[i];
        const count = state.counts[i] ?? 0;
        if (!slice) continue;
        if (count > slice.max)
          report(
            at,
            'error',
            'slice.max',
            `Slice ${slice.name} may be given ${slice.max === 0 ? 'not at all' : slice.max === 1 ? 'once' : `${slice.max} times`}, but there are ${count}.`,
            key,
          );
        if (count < slice.min && !state.unknown)
          report(at, 'error', 'slice.min', `Slice ${slice.name} is required (at least ${slice.min}), but there are ${count}.`, key);
      }
    },
    absent(at, name) {
      for (const i of bounded) {
        const slice = slices[i];
        if (slice && slice.min > 0)
          report(at, 'error', 'slice.min', `Slice ${slice.name} of ${name} is required (at least ${slice.min}), but it is absent.`);
      }
    },
  };
}
