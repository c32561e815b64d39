import type { Dataset } from '../../fixtures/dataset.ts';
import type { Target } from '../../src/core/model.ts';
import type { Declares } from './declares.ts';
import type { Route } from './payer.ts';

export interface Setting {
  readonly origin: string;
  readonly data: Dataset /** Add secrets here under the environment name that the target part refers to. */;
  readonly secrets: Record<string, string>;
}

/** One part of the embedded payer. */
export interface MockArea {
  readonly declares?: Declares;
  readonly routes: readonly Route[];
  /** What the honest payer insists on: small functions that routes consult. Names are unique over all areas. */
  readonly rules: object;
  /** Named defects and legal peculiarities: each replaces some rules (of any area). */
  readonly behaviours: Readonly<Record<string, object>>;
  /** What the target file that fits the embedded payer says about this area. */
  readonly target?: (setting: Setting) => Partial<Target> | Promise<Partial<Target>>;
}
