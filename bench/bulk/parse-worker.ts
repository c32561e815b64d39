import { isAscii } from 'node:buffer';
import { parentPort } from 'node:worker_threads';
import type { Answer, Task } from '../../src/bulk-files/pool.ts';

/** The limit beside which validation is measured: the same blocks in the same threads, every line decoded as there and put through JSON.parse, nothing more. */
parentPort?.on('message', (task: Task | 'end') => {
  if (task === 'end') {
    parentPort?.close();
    return;
  }
  const bytes = Buffer.from(task.buffer, task.from, task.length);
  const encoding = isAscii(bytes) ? 'latin1' : 'utf8';
  let lines = 0;
  for (let from = 0; from < bytes.length; lines++) {
    const stop = bytes.indexOf(10, from);
    const end = stop < 0 ? bytes.length : stop;
    JSON.parse(bytes.toString(encoding, from, end));
    from = end + 1;
  }
  const answer: Answer = { result: { bytes: bytes.length, lines, resources: lines, types: {}, rules: {} }, written: 0, buffer: task.buffer };
  parentPort?.postMessage(answer, [task.buffer]);
});
