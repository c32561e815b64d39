import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { createHide } from './hide.ts';
import { readBlock } from './lines.ts';
import type { Answer, Task, WorkerSettings } from './pool.ts';
import { lineValidator } from './validators.ts';

/** A thread that reads blocks. Ids and references go to files of its own, so that they cost the main thread nothing. */
const settings = workerData as WorkerSettings;
const rules = { ...(await lineValidator(settings)), keep: settings.keep, ...(settings.hides === true ? { hide: createHide() } : {}) };
const kinds = ['rows', 'refs', 'members'] as const;
const { index } = settings;
const files = index === undefined ? [] : kinds.map((kind) => ({ kind, fd: openSync(join(index.folder, `${kind}-${index.name}.tsv`), 'w') }));

parentPort?.on('message', (task: Task | 'end') => {
  if (task === 'end') {
    for (const { fd } of files) closeSync(fd);
    parentPort?.close();
    return;
  }
  const { buffer, length, from, ...about } = task;
  const { index: lines, ...result } = readBlock({ ...about, bytes: new Uint8Array(buffer, from, length) }, rules);
  let written = 0;
  for (const { kind, fd } of files) if (lines[kind] !== '') written += writeSync(fd, lines[kind]);
  const answer: Answer = { result, written, buffer };
  parentPort?.postMessage(answer, [buffer]);
});
