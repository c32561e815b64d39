import { closeSync, fsyncSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { journalFile, writeFully } from './journal.ts';
import { runFile } from './stored.ts';
import { jsonPieces } from './text.ts';

/** Writes run.json whole or not at all: first beside it, then renamed. One exchange or verdict a line. Answers with its path. */
export function writeRun(folder: string, run: Run): string {
  makeFolder(folder);
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

/** Keeps the redacted trace of a launched app beside the pictures. That it cannot be written costs this trace and nothing else. */
export function keepTrace(folder: string, name: string, zip: Uint8Array): void {
  try {
    makeFolder(join(folder, 'apps'), 0o700);
    writeFileSync(join(folder, 'apps', name), zip, { mode: 0o600 });
  } catch {
    rmSync(join(folder, 'apps', name), { force: true });
  }
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

/** The whole of run.json as text. */
export const runText = (run: Run): string => [...pieces(run)].join('');

function* pieces(run: Run): Generator<string> {
  let between = '{\n';
  for (const [key, value] of Object.entries(run)) {
    if (value === undefined) continue;
    yield `${between}${JSON.stringify(key)}: `;
    between = ',\n';
    if (!Array.isArray(value) || value.length === 0) yield JSON.stringify(value);
    else
      for (const [index, each] of value.entries()) {
        yield index === 0 ? '[\n ' : ',\n ';
        yield* jsonPieces(each);
        if (index === value.length - 1) yield '\n]';
      }
  }
  yield '\n}\n';
}
