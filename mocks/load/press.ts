import type { PayerState } from '../kernel/payer.ts';

/** How hard the payer is pressed: requests of the last second, and since it was started. */
export interface Press {
  readonly perSecond: number;
  readonly total: number;
}

const slots = 10;

interface Memory {
  readonly counts: number[];
  newest: number;
  total: number;
}

/** Counts one more request. Ten slots of a tenth of a second: cheap enough to be asked every time. */
export function press(payer: PayerState): Press {
  const memory = payer.memory<Memory>('press', () => ({ counts: new Array<number>(slots).fill(0), newest: 0, total: 0 }));
  const now = Math.floor(performance.now() / 100);
  for (let slot = Math.max(memory.newest + 1, now - slots + 1); slot <= now; slot++) memory.counts[slot % slots] = 0;
  memory.newest = now;
  memory.counts[now % slots] = (memory.counts[now % slots] ?? 0) + 1;
  memory.total++;
  return { perSecond: memory.counts.reduce((sum, each) => sum + each, 0), total: memory.total };
}
