import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { checks } from '../../checks/index.ts';
import { mark } from '../core/grade.ts';
import { judge } from '../core/judge.ts';
import type { Exchange } from '../core/model.ts';
import { scorecard } from '../core/scorecard.ts';
import type { JournalHead } from '../run/journal.ts';
import type { LiveScore } from './live.ts';

/** Judges what a run has stored so far, in a thread of its own: the page stays quick, and the run itself is not slowed down by being watched. */

const file = (workerData as { readonly journal: string }).journal;
const exchanges: Exchange[] = [];
let head: JournalHead | undefined;
let read = 0;
let rest = Buffer.alloc(0);

/** Takes in the lines that were written since; the last one may be torn and waits. */
function takeIn(): boolean {
  const handle = openSync(file, 'r');
  try {
    const size = fstatSync(handle).size;
    if (size === read) return false;
    const fresh = Buffer.alloc(size - read);
    read += readSync(handle, fresh, 0, fresh.length, read);
    const all = Buffer.concat([rest, fresh]);
    const end = all.lastIndexOf(10);
    rest = all.subarray(end + 1);
    for (const line of all
      .subarray(0, end + 1)
      .toString('utf8')
      .split('\n')) {
      if (line === '') continue;
      if (head === undefined) head = JSON.parse(line) as JournalHead;
      else exchanges.push(JSON.parse(line) as Exchange);
    }
    return true;
  } finally {
    closeSync(handle);
  }
}

parentPort?.on('message', () => {
  try {
    const began = performance.now();
    if (!takeIn() || head === undefined || exchanges.length === 0) return void parentPort?.postMessage(null);
    const verdicts = judge(checks, { exchanges: [...exchanges], target: head.target, blocked: [] }, new Date().toISOString().slice(0, 10));
    const failures = verdicts.flatMap((verdict) => {
      const { finding, requirement, level } = verdict;
      return finding.outcome === 'fail' && mark(verdict) === 'fail' && !verdict.expected
        ? [{ requirement, level, expected: finding.expected, actual: finding.actual }]
        : [];
    });
    parentPort?.postMessage({
      cells: scorecard(verdicts),
      failures,
      exchanges: exchanges.length,
      took: performance.now() - began,
    } satisfies LiveScore);
  } catch {
    // The journal has gone with the end of the run, or is being begun.
    parentPort?.postMessage(null);
  }
});
