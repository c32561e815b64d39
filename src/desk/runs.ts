import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../core/model.ts';
import { type Summary, summaryOf } from '../core/summary.ts';
import { journalFile, journalStart } from '../run/journal.ts';
import { type Holder, holderIn, lockFile, startFile } from '../run/lock.ts';
import { stateFile } from '../run/state.ts';
import { readRun, runFile } from '../run/stored.ts';

/** Runs are found by looking at their folders, each time anew: nothing about them is kept anywhere else, so nothing can be out of step with them. */

export const summaryFile = 'summary.json';
/** What a run that was started by `serve` said; the first thing that stands in its folder. */
export const logFile = 'run.log';

export interface StoredRun {
  /** Name of its folder. */
  readonly name: string;
  readonly folder: string;
  /** `died`: it left its journal; `failed`: it ended before its first request, or what it left cannot be read. */
  readonly state: 'running' | 'finished' | 'died' | 'failed';
  readonly holder?: Holder;
  /** ISO instant; of a run that failed, when its folder was made. */
  readonly startedAt: string;
  /** Of a finished run. */
  readonly summary?: Summary;
  readonly plans: readonly PlanWord[];
  /** Why it failed, where that is known. */
  readonly why?: string;
}

/** What a plan said of a run. */
export interface PlanWord {
  readonly name: string;
  readonly word: string;
}

const signs = [runFile, journalFile, lockFile, startFile, stateFile, logFile];

/** Every run beneath a folder, and the folder itself where it is one; the newest first. Never throws for what it finds there. */
export function runsIn(folder: string): readonly StoredRun[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
  const places = [...(signs.some((sign) => names.includes(sign)) ? [folder] : []), ...names.map((name) => join(folder, name))];
  return places.flatMap((place) => storedRun(place) ?? []).sort((a, b) => b.startedAt.localeCompare(a.startedAt) || a.name.localeCompare(b.name));
}

/** The run of one folder; undefined when there is none. A link is no run: it may lead out of the folder. */
export function storedRun(folder: string): StoredRun | undefined {
  const name = folder.split(/[\\/]/).at(-1) ?? folder;
  try {
    if (!lstatSync(folder).isDirectory() || !signs.some((sign) => existsSync(join(folder, sign)))) return undefined;
    const began = statSync(folder).birthtime.toISOString();
    const holder = holderIn(folder);
    const journal = journalStart(join(folder, journalFile));
    const base = { name, folder, plans: plansOf(folder) };
    if (holder !== undefined) return { ...base, state: 'running', holder, startedAt: journal ?? holder.since };
    // A later run that died in the folder of an older one is the newest there is.
    if (!existsSync(join(folder, runFile)) || journalAfterRun(folder, journal))
      return journal === undefined
        ? { ...base, state: 'failed', startedAt: began, why: 'it ended before its first request' }
        : { ...base, state: 'died', startedAt: journal };
    try {
      const summary = summaryIn(folder);
      return { ...base, state: 'finished', startedAt: summary.startedAt, summary };
    } catch (cause) {
      return { ...base, state: 'failed', startedAt: began, why: (cause as Error).message };
    }
  } catch {
    // Removed while we looked at it.
    return undefined;
  }
}

function journalAfterRun(folder: string, journal: string | undefined): boolean {
  return journal !== undefined && statSync(join(folder, journalFile)).mtimeMs > statSync(join(folder, runFile)).mtimeMs;
}

/** The summary beside run.json, made anew where it is missing, damaged or older than the run. */
function summaryIn(folder: string): Summary {
  const path = join(folder, summaryFile);
  try {
    const fresh = statSync(path).mtimeMs >= statSync(join(folder, runFile)).mtimeMs;
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Summary;
    if (fresh && kept.format === 1 && typeof kept.target === 'string' && typeof kept.startedAt === 'string') return kept;
  } catch {
    // Not there, or torn: the run says the same.
  }
  const run = readRun(join(folder, runFile));
  keepSummary(folder, run);
  return summaryOf(run);
}

/** Writes the summary of a run beside it, whole or not at all. That it cannot be written is no loss: it is made from run.json whenever it is missing. */
export function keepSummary(folder: string, run: Run): void {
  const path = join(folder, summaryFile);
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, `${JSON.stringify(summaryOf(run))}\n`, { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, path);
  } catch {
    rmSync(draft, { force: true });
  }
}

function plansOf(folder: string): readonly PlanWord[] {
  return readdirSync(folder)
    .filter((name) => /^grade(-\d+)?$/.test(name))
    .flatMap((name) => {
      try {
        const { name: plan, word } = JSON.parse(readFileSync(join(folder, name, 'grade.json'), 'utf8')) as PlanWord;
        return typeof plan === 'string' && typeof word === 'string' ? [{ name: plan, word }] : [];
      } catch {
        return [];
      }
    });
}
