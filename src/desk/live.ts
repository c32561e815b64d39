import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Level } from '../core/model.ts';
import type { Cell } from '../core/scorecard.ts';
import { journalFile } from '../run/journal.ts';

/** The verdicts on what a run has stored until now. */
export interface LiveScore {
  readonly cells: readonly Cell[];
  readonly failures: readonly { readonly requirement: string; readonly level: Level; readonly expected: string; readonly actual: string }[];
  readonly exchanges: number;
  /** How long judging took, ms. */
  readonly took: number;
}

interface Watcher {
  readonly worker: Worker;
  score?: LiveScore;
  busy?: true;
  /** Not asked again before this: judging may use a fifth of one processor, no more. */
  notBefore: number;
  lastAsked: number;
}

/** Nobody has looked for so long: the thread ends. ms */
const idle = 30_000;

/** Judges runs while they are under way, for those who watch. One thread a run that is watched. */
export function liveScores(): { readonly of: (folder: string) => LiveScore | undefined; readonly end: () => Promise<void> } {
  const watchers = new Map<string, Watcher>();
  const drop = (folder: string, watcher: Watcher): Promise<unknown> => {
    watchers.delete(folder);
    return watcher.worker.terminate();
  };
  const sweep = setInterval(() => {
    for (const [folder, watcher] of watchers) if (Date.now() - watcher.lastAsked > idle) void drop(folder, watcher);
  }, 5_000).unref();
  const start = (folder: string): Watcher => {
    const worker = new Worker(new URL('./live-worker.ts', import.meta.url), {
      workerData: { journal: join(folder, journalFile) },
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    worker.unref();
    const watcher: Watcher = { worker, notBefore: 0, lastAsked: Date.now() };
    worker.on('message', (score: LiveScore | null) => {
      watcher.notBefore = Date.now() + Math.max(1_000, 4 * (score?.took ?? 0));
      delete watcher.busy;
      if (score !== null) watcher.score = score;
    });
    // Too large to be judged on the way: the page goes on without a scorecard.
    worker.on('error', () => {
      watcher.notBefore = Number.POSITIVE_INFINITY;
      delete watcher.busy;
    });
    watchers.set(folder, watcher);
    return watcher;
  };
  return {
    of(folder) {
      if (!existsSync(join(folder, journalFile))) return watchers.get(folder)?.score;
      const watcher = watchers.get(folder) ?? start(folder);
      watcher.lastAsked = Date.now();
      if (watcher.busy === undefined && Date.now() >= watcher.notBefore) {
        watcher.busy = true;
        watcher.worker.postMessage('look');
      }
      return watcher.score;
    },
    async end() {
      clearInterval(sweep);
      await Promise.all([...watchers].map(([folder, watcher]) => drop(folder, watcher)));
    },
  };
}
