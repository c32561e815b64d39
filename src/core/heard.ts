import type { Exchange } from './exchange.ts';

/** What a client under test did, as the scripted payer recorded it: the nouns of its judges. */

/** Did the same journey complete at a healthy payer? */
export type Control = 'completed' | 'failed' | 'not played';

/** One case of the script as it was played once: control, case, control. Times in ms since the recording began. */
export interface Play {
  readonly case: string;
  readonly before: Control;
  readonly after: Control;
  readonly triggered: number;
  /** When the trigger said that it was done; later requests still count, as long as the window is open. */
  readonly exited: number;
  /** How long a reaction is waited for, counted from the last byte of the answer that calls for it. */
  readonly window: number;
  /** We ended the trigger, or left it behind, before it was done: what did not come might have come. */
  readonly cut?: true;
  /** The random word that the case put into its answers. */
  readonly word: string;
  /** What the client's screen showed, as the trigger or an operator told; absent: nobody told. */
  readonly shown?: readonly string[];
}

/** Everything that was recorded. `Exchange.suite` is the case; what fitted none has none. */
export interface Hearing {
  readonly heard: readonly Exchange[];
  readonly plays: readonly Play[];
  /** The share of the catalogue's times that this run used, 1 = in full. */
  readonly share: number;
}

/** When a request came, ms since the recording began. */
export const came = ({ facts }: Exchange): number => facts?.['heard.came'] ?? 0;
/** When its answer had left. */
export const left = ({ facts }: Exchange): number => facts?.['heard.left'] ?? 0;
