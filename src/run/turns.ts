import type { Target } from '../core/model.ts';
import type { Suite } from './suite.ts';

/** A suite that was begun: when it is over, and when it first waits for a job at the payer, if it does. */
export interface Turn {
  readonly done: Promise<void>;
  readonly waits: Promise<void>;
}

/** How many jobs it has run at the payer at once. */
const jobsOf = ({ asks, jobs = 1 }: Suite): number => (asks.some(({ step }) => step === 'bulk.kickoff' || step === 'bulk.status') ? jobs : 0);

/**
 * Holds suites in registry order, one at a time; but one that waits for a job holds nobody up: others go on meanwhile, those that start jobs as long as no more
 * than `jobs` are out. A suite begins when those that it needs and learns from are over; one that must be alone, when all others are. `begin` never rejects.
 */
export async function inTurn(suites: readonly Suite[], target: Target, jobs: () => number, begin: (suite: Suite) => Turn): Promise<void> {
  const pending = [...suites];
  const running = new Map<Suite, Promise<void>>();
  const isOut = (id: string): boolean => [...running.keys()].some((each) => each.id === id);
  /** One that has more jobs out than are allowed goes when no other has any. */
  const hasRoom = (suite: Suite): boolean => {
    const out = [...running.keys()].reduce((sum, each) => sum + jobsOf(each), 0);
    return jobsOf(suite) === 0 || out === 0 || out + jobsOf(suite) <= jobs();
  };
  const ready = (suite: Suite): boolean =>
    !(suite.alone?.(target) && running.size > 0) &&
    hasRoom(suite) &&
    !suite.needs?.some((id) => isOut(id) || pending.some((each) => each.id === id)) &&
    !suite.after?.some((each) => isOut(each.suite));
  while (pending.length > 0 || running.size > 0) {
    const found = pending.findIndex(ready);
    if (found < 0 && running.size > 0) {
      await Promise.race(running.values());
      continue;
    }
    // A registry whose needs are in the wrong order must not hang: then the first goes first.
    const [suite] = pending.splice(Math.max(0, found), 1);
    if (!suite) return;
    const { done, waits } = begin(suite);
    const over = done.finally(() => running.delete(suite));
    running.set(suite, over);
    await (suite.alone?.(target) ? over : Promise.race([over, waits]));
  }
}
