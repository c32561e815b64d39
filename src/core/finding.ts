import type { Variant } from './variants.ts';
import type { Step } from './vocabulary.ts';

/** What a judge says. */
export type Finding =
  | { readonly outcome: 'pass'; readonly note?: string }
  | { readonly outcome: 'fail'; readonly expected: string; readonly actual: string; readonly exchange: number; readonly severity?: 'warning' }
  /** `add`: the entry of the target file without which nobody can ask. */
  | { readonly outcome: 'not-testable'; readonly reason: string; readonly because: Because; readonly add?: string }
  | { readonly outcome: 'not-applicable'; readonly reason: string };

/**
 * What prevents a verdict, said where the cause is known and never read out of words: `payer` = an answer of the payer that others rest on;
 * `not-offered` = the payer offers nothing to judge by; `test-data` = the people or rows at hand cannot show it; `target-file` = an entry is missing;
 * `set-up` = a tool, package or certificate on this side; `network`; `throttled` = 429 or 503; `ours` = a limit or defect of this tool.
 */
export type Because = 'payer' | 'not-offered' | 'test-data' | 'target-file' | 'set-up' | 'network' | 'throttled' | 'ours';

/** One step that a suite asks, and in which forms. */
export interface Ask {
  readonly step: Step;
  /** Its honest forms, as the evidence names them. Absent: only the one without a name. */
  readonly variants?: readonly Variant[];
  /** Deliberately wrong forms. */
  readonly probes?: readonly string[];
  /** What it changes at the payer until it is taken back, in words. Absent: it only asks. */
  readonly changes?: string;
}

/** What a conversation could ask, and came to its end without asking: it had no occasion. */
export interface Unasked extends Omit<Ask, 'changes'> {
  readonly suite: string;
}

/** A conversation that stopped early or was left out, or a wrong request that could not be sent. */
export interface Blocked {
  readonly suite: string;
  readonly reason: string;
  readonly because: Because;
  /** What was to be asked: missing because of this, and of nothing else. */
  readonly asks?: readonly Ask[];
  /** Nobody stopped it: there was nothing to ask of this payer. */
  readonly leftOut?: true;
}
