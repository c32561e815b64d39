import { closeSync, existsSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Blocked, Exchange, Run } from '../core/model.ts';

/** What stands in the first line of a journal: a run without its history. */
export type JournalHead = Pick<Run, 'format' | 'tool' | 'target' | 'startedAt' | 'notRun'>;

/** The history on disk while it is being made: one exchange a line, so that a crash keeps what was learned. */
export interface Journal {
  append(exchanges: readonly Exchange[]): void;
  /** Call when run.json holds everything. */
  discard(): void;
}

const runFile = 'run.json';
const journalFile = 'exchanges.ndjson';

/** Makes the folder and begins the journal. Throws when the folder cannot be written. */
export function openJournal(folder: string, head: JournalHead): Journal {
  mkdirSync(folder, { recursive: true });
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

/** Writes run.json whole or not at all: first beside it, then renamed. One exchange or verdict a line. Answers with its path. */
export function writeRun(folder: string, run: Run): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, runFile);
  const draft = `${path}.tmp`;
  const file = openSync(draft, 'w', 0o600);
  try {
    for (const piece of pieces(run)) writeFully(file, piece);
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cause;
  }
  return path;
}

/** Writes run.json to the folder, or when that cannot be, to the temporary folder of the system. Throws in either case, saying where the run is. */
export function rescueRun(folder: string, run: Run, cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const why = code === 'ENOSPC' ? 'the disk is full' : `it cannot be written: ${code}`;
  const again = 'Make room and take the reports from there with: payer-assay report FOLDER --out ELSEWHERE';
  let rescued: string;
  try {
    rescued = writeRun(mkdtempSync(join(tmpdir(), 'payer-assay-')), run);
  } catch {
    throw new Error(
      `run.json could not be written to ${folder} (${why}), nor to ${tmpdir()}. What reached the disk is in ${join(folder, journalFile)}.`,
      { cause },
    );
  }
  throw new Error(`run.json could not be written to ${folder} (${why}). The run is not lost: it is at ${rescued}. ${again}`, { cause });
}

/** A run by its file or folder; a folder whose run crashed gives what its journal holds. Throws with what was expected there. */
export function readRun(path: string): Run {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, runFile) : path;
  const journal = join(path, journalFile);
  if (!existsSync(file) && existsSync(journal)) return recover(readFileSync(journal, 'utf8'), journal);
  if (!existsSync(file)) throw new Error(`There is no run at ${file}. Expected a run.json, or the folder that "payer-assay run" printed.`);
  const run = parse(readFileSync(file, 'utf8'), file) as Partial<Run>;
  if (run.format !== 1 || !Array.isArray(run.exchanges) || run.target === undefined)
    throw new Error(`${file} is not a run.json of format 1 (it says format ${JSON.stringify(run.format)}). Was it written by payer-assay run?`);
  return run as Run;
}

function recover(text: string, path: string): Run {
  const lines = text.split('\n').filter((line) => line !== '');
  const head = parse(lines[0] ?? '', path) as JournalHead;
  const exchanges: Exchange[] = [];
  for (const line of lines.slice(1)) {
    try {
      exchanges.push(JSON.parse(line) as Exchange);
    } catch {
      break; // the line that was being written when the run died
    }
  }
  const blocked: readonly Blocked[] = [
    { suite: exchanges.at(-1)?.suite ?? 'run', reason: 'the run died here; this is what its journal held', because: 'ours' },
  ];
  return { ...head, finishedAt: exchanges.at(-1)?.startedAt ?? head.startedAt, exchanges, blocked, verdicts: [] };
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON (${(cause as Error).message}). Expected a file that payer-assay run wrote.`, { cause });
  }
}

function* pieces(run: Run): Generator<string> {
  let between = '{\n';
  for (const [key, value] of Object.entries(run)) {
    if (value === undefined) continue;
    yield `${between}${JSON.stringify(key)}: `;
    between = ',\n';
    if (!Array.isArray(value) || value.length === 0) yield JSON.stringify(value);
    else
      for (const [index, each] of value.entries())
        yield `${index === 0 ? '[\n' : ',\n'} ${JSON.stringify(each)}${index === value.length - 1 ? '\n]' : ''}`;
  }
  yield '\n}\n';
}

const writeLine = (file: number, value: unknown) => writeFully(file, `${JSON.stringify(value)}\n`);

function writeFully(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
