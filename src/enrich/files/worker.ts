import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { readBlock } from '../../bulk-files/lines.ts';
import type { Answer, Task, WorkerSettings } from '../../bulk-files/pool.ts';
import type { RuleCount } from '../../bulk-files/result.ts';
import { lineValidator } from '../../bulk-files/validators.ts';
import type { LinePlace } from '../../core/lines.ts';
import { pickedBy } from './questions.ts';

/** A block of a file that comes in a run, and which export's index it belongs to. */
export interface RunTask extends Task {
  readonly place: LinePlace;
  readonly index: string;
}

export interface RunAnswer extends Answer {
  /** Text of the lines that may be wrong, by number. */
  readonly texts: readonly (readonly [line: number, text: string])[];
}

export interface RunSettings extends WorkerSettings {
  readonly thread: number;
}

const settings = workerData as RunSettings;
const base = await lineValidator(settings);
const kinds = ['rows', 'refs', 'members'] as const;
/** Longest line that is handed back. */
const longest = 256 * 2 ** 10;

/** Ids and references of the export at work, in files of this thread's own. */
let open: { readonly folder: string; readonly files: readonly { readonly kind: (typeof kinds)[number]; readonly fd: number }[] } | undefined;

function filesIn(folder: string): NonNullable<typeof open>['files'] {
  if (open?.folder === folder) return open.files;
  for (const { fd } of open?.files ?? []) closeSync(fd);
  open = { folder, files: kinds.map((kind) => ({ kind, fd: openSync(join(folder, `${kind}-${settings.thread}.tsv`), 'a') })) };
  return open.files;
}

parentPort?.on('message', (task: RunTask | 'end') => {
  if (task === 'end') return parentPort?.close();
  const { buffer, from, length, place, index, ...about } = task;
  const bytes = new Uint8Array(buffer, from, length);
  const { index: lines, ...result } = readBlock(
    { ...about, bytes },
    { ...base, also: (row, text) => pickedBy(row, place, text), keep: settings.keep },
  );
  let written = 0;
  for (const { kind, fd } of filesIn(index)) if (lines[kind] !== '') written += writeSync(fd, lines[kind]);
  const answer: RunAnswer = { result, written, buffer, texts: textsOf(result.rules, Buffer.from(bytes.buffer, from, length), task.offset) };
  parentPort?.postMessage(answer, [buffer]);
});

function textsOf(rules: Readonly<Record<string, RuleCount>>, bytes: Buffer, offset: number): RunAnswer['texts'] {
  const found = new Map<number, string>();
  for (const [rule, { first }] of Object.entries(rules)) {
    if (!isEvidence(rule)) continue;
    for (const { line, offset: at } of first) {
      if (found.has(line)) continue;
      const stop = bytes.indexOf(10, at - offset);
      const end = stop < 0 ? bytes.length : stop;
      if (end - (at - offset) <= longest) found.set(line, bytes.toString('utf8', at - offset, end));
    }
  }
  return [...found];
}

/** What is wrong with lines as text is named by their number; text that is no JSON could not be redacted. */
const isEvidence = (rule: string): boolean => !/^(line|file|resource\.none)\b/.test(rule) || rule === 'file.type';
