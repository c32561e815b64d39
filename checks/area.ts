import type { Check, Excluded, Fault } from '../src/core/model.ts';

/** A way in which an honest payer may differ. No verdict may turn to fail under it. */
export type Variation = Omit<Fault, 'alsoFails'>;

/** One family of the catalogue: what is judged, what cannot be, and what must be tolerated. */
export interface Area {
  readonly checks: readonly Check[];
  readonly excluded: readonly Excluded[];
  readonly variations: readonly Variation[];
}
