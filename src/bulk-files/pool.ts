import { Worker } from 'node:worker_threads';
import { blockSize } from './cut.ts';
import type { BlockResult } from './lines.ts';
import type { ValidatorChoice } from './validators.ts';

export interface WorkerSettings extends ValidatorChoice {
  readonly keep: number;
  /** Keeps people out of what is said of a line. */
  readonly hides?: boolean;
  /** Where this worker writes ids and references; absent: nowhere. */
  readonly index?: { readonly folder: string; readonly name: string };
}

/** A block on its way to a thread; its memory goes along. */
export interface Task {
  readonly buffer: ArrayBuffer;
  readonly from: number;
  readonly length: number;
  readonly file: number;
  readonly type?: string;
  readonly line: number;
  readonly offset: number;
  readonly unended: boolean;
}

export interface Answer {
  readonly result: Omit<BlockResult, 'index'>;
  /** Bytes added to the index. */
  readonly written: number;
  readonly buffer: ArrayBuffer;
}

export interface Pool {
  /** Resolves when the block is on its way, which waits while every thread has work enough: this is what bounds memory. Rejects when a thread died. */
  send(task: Task): Promise<void>;
  /** Waits until every block of this file was answered. Rejects when a thread died. */
  settled(file: number): Promise<void>;
  /** A buffer that came back, or a new one. */
  take(size: number): ArrayBuffer;
  /** Waits until everything sent was answered, and ends the threads. */
  finish(): Promise<void>;
  /** Ends the threads at once. */
  stop(): Promise<void>;
}

/** Blocks in flight for each thread: one in work, one waiting. */
const each = 2;

/** Lines die young, and V8 would let their nursery grow with the size of the file: at 10 GB that took the process beyond 512 MB. MB per thread. */
const young = 8;

const reader = new URL('./worker.ts', import.meta.url);

/** Starts the threads. `settingsOf` tells each its own; `onAnswer` is called for each block in no particular order. `code` is what they run. */
export function startPool(
  threads: number,
  settingsOf: (thread: number) => WorkerSettings,
  onAnswer: (file: number, answer: Answer) => void,
  code: URL = reader,
): Pool {
  const spare: ArrayBuffer[] = [];
  const waiting: (() => void)[] = [];
  let failure: Error | undefined;
  const workers = Array.from({ length: threads }, (_, index) => {
    const worker = new Worker(code, { workerData: settingsOf(index), resourceLimits: { maxYoungGenerationSizeMb: young } });
    const state = { worker, files: [] as number[] };
    worker.on('message', (answer: Answer) => {
      const file = state.files.shift();
      if (answer.buffer.byteLength === blockSize && spare.length < threads * each) spare.push(answer.buffer);
      try {
        if (file !== undefined) onAnswer(file, answer);
      } catch (cause) {
        failure ??= cause as Error;
      }
      wake();
    });
    worker.on('error', (cause: NodeJS.ErrnoException) => {
      const advice = cause.code === 'ERR_WORKER_OUT_OF_MEMORY' ? ' Use fewer threads (--threads).' : '';
      failure ??= new Error(`A validation thread ended early: ${cause.message}${advice}`, { cause });
      wake();
    });
    return state;
  });

  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };

  async function until(ready: () => boolean): Promise<void> {
    while (!failure && !ready()) await new Promise<void>((resolve) => waiting.push(resolve));
    if (failure) throw failure;
  }

  const stop = async (): Promise<void> => void (await Promise.all(workers.map(({ worker }) => worker.terminate())));

  return {
    async send(task) {
      await until(() => workers.some(({ files }) => files.length < each));
      const idle = workers.reduce((best, next) => (next.files.length < best.files.length ? next : best));
      idle.files.push(task.file);
      idle.worker.postMessage(task, [task.buffer]);
    },
    settled: (file) => until(() => !workers.some(({ files }) => files.includes(file))),
    take(size) {
      return (size === blockSize ? spare.pop() : undefined) ?? new ArrayBuffer(size);
    },
    async finish() {
      await until(() => workers.every(({ files }) => files.length === 0));
      await Promise.all(
        workers.map(
          ({ worker }) =>
            new Promise((resolve) => {
              worker.once('exit', resolve);
              worker.postMessage('end');
            }),
        ),
      );
    },
    stop,
  };
}
