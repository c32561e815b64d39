import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Blocked, Exchange, Run } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { linesOf } from './lines.ts';
import { jsonPieces } from './text.ts';

/** What stands in the first line of a journal: a run without its history. */
export type JournalHead = Pick<Run, 'format' | 'tool' | 'target' | 'startedAt' | 'notRun'>;

/** The history on disk while it is being made: one exchange a line, so that a crash keeps what was learned. */
export interface Journal {
  append(exchanges: readonly Exchange[]): void;
  /** Call when run.json holds everything. */
  discard(): void;
}

export const journalFile = 'exchanges.ndjson';

/** Makes the folder and begins the journal. Throws when the folder cannot be written. */
export function openJournal(folder: string, head: JournalHead): Journal {
  makeFolder(folder);
  const path = join(folder, journalFile);
  const file = openSync(path, 'w', 0o600);
  writeLine(file, head);
  let broken = false;
  return {
    append(exchanges) {
      if (broken) return;
      try {
        for (const exchange of exchanges) writeLine(file, exchange);
      } catch {
        // The journal is a precaution; the run goes on in memory, and its end says what could not be written.
        broken = true;
      }
    },
    discard() {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}

/** When the run of this journal began; undefined when there is no journal, or none that can be read. */
export function journalStart(path: string): string | undefined {
  try {
    for (const line of linesOf(path)) {
      const { startedAt } = JSON.parse(line) as Partial<JournalHead>;
      return typeof startedAt === 'string' ? startedAt : undefined;
    }
  } catch {
    // Torn in its first line, or no file: it says nothing.
  }
  return undefined;
}

/** What the journal of a killed run holds, as a run that makes no statement. Throws when not even its first line can be read. */
export function recover(path: string, more = ''): unknown {
  let head: Partial<JournalHead> | undefined;
  const exchanges: Exchange[] = [];
  for (const line of linesOf(path)) {
    try {
      if (head === undefined) head = JSON.parse(line) as JournalHead;
      else exchanges.push(JSON.parse(line) as Exchange);
    } catch {
      break; // the line that was being written when the run died
    }
  }
  if (head === undefined || head === null || typeof head !== 'object')
    throw new Error(`${path} is the journal of a run that died before its first line was written: nothing of it was kept. Run again.`);
  const reason = 'the run died here; this is what its journal held';
  const blocked: readonly Blocked[] = [{ suite: exchanges.at(-1)?.suite ?? 'run', reason, because: 'ours' }];
  const finishedAt = exchanges.at(-1)?.startedAt ?? head.startedAt;
  const partial = `the run that began at ${head.startedAt} died before its end, or is still running; only its journal (${journalFile}) is here${more}`;
  return { ...head, finishedAt, partial, exchanges, blocked, verdicts: [] };
}

function writeLine(file: number, value: unknown): void {
  let last = '';
  for (const piece of jsonPieces(value)) {
    if (last !== '') writeFully(file, last);
    last = piece;
  }
  writeFully(file, `${last}\n`);
}

export function writeFully(file: number, content: string | Uint8Array): void {
  const bytes = Buffer.from(content);
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
