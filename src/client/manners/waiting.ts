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

/** A request that is on its way: its step says what it is for, no URL, since nothing of it is redacted yet. */
export interface Asking {
  readonly what: string;
  /** Epoch ms. */
  readonly since: number;
}

/** Whoever wants to know that a conversation waits: told by the async context, since a sleep may lie deep in it. */
export interface Listener {
  waits(wait: Wait): void;
  goesOn(): void;
  /** A request goes out; undefined: its answer is here, or it was given up. */
  asks(asking: Asking | undefined): void;
}
export const listening = new AsyncLocalStorage<Listener>();

/** Tells the listener what is asked until this promise has settled. */
export async function asking<T>(what: string, work: () => Promise<T>): Promise<T> {
  const listener = listening.getStore();
  listener?.asks({ what, since: Date.now() });
  try {
    return await work();
  } finally {
    listener?.asks(undefined);
  }
}

/** A request in words: method, step, and that it is wrong on purpose where it is. */
export const inWords = (method: string, step: string, probe?: string): string =>
  `${method} ${step}${probe === undefined ? '' : `, deliberately wrong (${probe})`}`;
