import type { Exchange, Run, Verdict } from '../core/model.ts';
import type { PostCondition } from '../core/postconditions.ts';
import type { Row } from './types.ts';

/** What a fact reads and says. */

export type ShownState = 'shown' | 'not asked' | 'not offered' | 'not shown';

export interface Shown {
  readonly state: ShownState;
  readonly text: string;
  readonly exchange?: number;
}

export interface Scene {
  readonly run: Pick<Run, 'exchanges' | 'target' | 'blocked'>;
  /** Verdicts under the plan. */
  readonly verdicts: readonly Verdict[];
  readonly rows: readonly Row[];
  readonly posts: readonly PostCondition[];
}

export const shown = (text: string, exchange?: Exchange): Shown => ({ state: 'shown', text, ...(exchange ? { exchange: exchange.index } : {}) });
export const missing = (state: Exclude<ShownState, 'shown'>, text: string): Shown => ({ state, text });
