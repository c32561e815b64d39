import type { Scenario } from './vocabulary.ts';

export type PostConditionId = 'P1' | 'P2' | 'P3' | 'P4' | 'P5';

/** One post-condition of the use case in one scenario: a single miss means that the scenario has failed. */
export interface PostCondition {
  readonly scenario: Scenario;
  readonly id: PostConditionId;
  readonly title: string;
  /** `not-offered`: the payer offers nothing of this scenario, so it can neither meet nor miss it. */
  readonly state: 'met' | 'missed' | 'unknown' | 'not-offered';
  /** One sentence. */
  readonly why: string;
  /** The requirement that decided it, when one did. */
  readonly requirement?: string;
  /** The exchange that shows it. */
  readonly exchange?: number;
}
