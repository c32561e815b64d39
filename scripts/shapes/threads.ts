import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Tried } from './bench.ts';

export interface Job {
  readonly shape: string;
  readonly injections: readonly string[];
}

/** Tries the shapes on two threads; each takes the next when it is done with one. Answers in the order of the jobs. */
export async function inThreads(jobs: readonly Job[], until: number): Promise<readonly Tried[]> {
  const waiting = [...jobs];
  const done = new Map<string, Tried>();
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 192 } });
      const next = () => {
        const job = waiting.shift();
        if (job === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage({ ...job, ...(Number.isFinite(until) ? { until } : {}) });
      };
      worker.on('message', (tried: Tried) => {
        done.set(tried.shape, tried);
        console.error(`  ${tried.shape}: ${(tried.ms / 1000).toFixed(1)} s, ${tried.faults.length} faults`);
        next();
      });
      worker.once('error', reject);
      next();
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(2, availableParallelism(), jobs.length)) }, work));
  return jobs.flatMap(({ shape }) => done.get(shape) ?? []);
}
