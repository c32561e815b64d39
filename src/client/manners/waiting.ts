import { AsyncLocalStorage } from 'node:async_hooks';

/** A sleep that a payer has asked for, or that we grant it. */
export interface Wait {
  readonly what: string;
  /** How long this sleep is, ms; and until when, epoch ms, we would go on with such sleeps. */
  readonly ms: number;
  readonly until: number;
  /** It is for a job that runs at the payer: others may be asked meanwhile. */
  readonly job: boolean;
}

/** Whoever wants to know that a conversation waits: told by the async context, since a sleep may lie deep in it. */
export interface Listener {
  waits(wait: Wait): void;
  goesOn(): void;
}
export const listening = new AsyncLocalStorage<Listener>();
