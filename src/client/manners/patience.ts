import { setTimeout as sleep } from 'node:timers/promises';
import { parseRetryAfter } from '../../core/http-date.ts';
import type { Known } from '../../core/model.ts';
import { Stop } from '../stop.ts';
import { listening } from './waiting.ts';

/** How long we wait and how often we try again. Times in ms. */
export interface Patience {
  /** For one job, and for one Retry-After. */
  readonly maxWait: number;
  /** We never ask again sooner than this, whatever the answer says. */
  readonly floor: number;
  /** Tries of one request in the face of passing faults. */
  readonly tries: number;
}

export const patienceOf = ({ target: { bulk, agreement } }: Known): Patience => ({
  // Waiting beyond the agreed limit would teach nothing: the verdict is known by then.
  maxWait: Math.min((bulk?.maxWait ?? 600) * 1000, (agreement?.limits?.['bulk.job']?.timeout ?? Number.POSITIVE_INFINITY) * 1.05 + 50),
  floor: bulk?.pollFloor ?? 1000,
  tries: 6,
});

/** A wait: what the payer asked for, or our own back-off when it asked for nothing that makes sense. */
export function waitFor(header: string | undefined, attempt: number, patience: Patience): { readonly ms: number; readonly asked?: number } {
  const told = parseRetryAfter(header, Date.now());
  if (told.kind === 'wait') return { ms: Math.max(told.ms, patience.floor), asked: told.ms };
  return { ms: Math.min(patience.floor * 2 ** Math.min(attempt, 10), Math.max(patience.floor, 30_000)) };
}

export const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** Sleeps, but not beyond Ctrl-C, and not longer than we are willing to: then it throws `Stop`, which is our limit and no failure. */
export async function rest(
  wait: { readonly ms: number; readonly asked?: number },
  left: number,
  signal: AbortSignal | undefined,
  what: string,
  job = false,
): Promise<void> {
  if (wait.ms > left) {
    const asked = wait.asked === undefined ? 'the next try would come' : `the payer asked for ${seconds(wait.asked)}, which is`;
    const why = left < 100 ? 'our time for it is used up' : `${asked} beyond our limit (${seconds(left)} left)`;
    throw new Stop(`we stopped waiting for ${what}: ${why}. Raise --max-wait (bulk.maxWait in the target file) to wait longer`, 'ours');
  }
  const listener = listening.getStore();
  listener?.waits({ what, ms: wait.ms, until: Date.now() + left, job });
  try {
    await sleep(wait.ms, undefined, signal === undefined ? {} : { signal });
  } finally {
    listener?.goesOn();
  }
}
