import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pendingFile } from '../client/clean-ups.ts';
import { samplesFile } from '../load/plan.ts';
import { journalFile } from '../run/journal.ts';
import { lockFile, startFile } from '../run/lock.ts';
import { stateFile } from '../run/state.ts';
import { runFile } from '../run/stored.ts';
import { appFile } from './files.ts';
import { logFile, runsIn, type StoredRun, storedRun, summaryFile } from './runs.ts';

/** Which runs may go. Both limits apply where both are given. */
export interface Limits {
  /** Newest runs of each target that stay. */
  readonly keep?: number;
  /** Runs that began longer ago than this go. */
  readonly olderThanDays?: number;
}

export interface Pruning {
  readonly run: StoredRun;
  /** Absent: it goes. Else why it stays although it is over a limit. */
  readonly stays?: string;
}

const day = 86_400_000;

/**
 * What is over the limits, oldest first. The newest finished run of each target always stays; so does what is running, what holds a signed package
 * (`*.assay`), and what holds anything that a run did not write.
 */
export function overLimits(folder: string, { keep, olderThanDays }: Limits, now: number, ours: ReadonlySet<string>): readonly Pruning[] {
  const place = new Map<string, number>();
  const over: Pruning[] = [];
  for (const run of runsIn(folder)) {
    const target = run.summary?.target ?? '';
    const nth = place.get(target) ?? 0;
    place.set(target, nth + 1);
    const old = olderThanDays !== undefined && now - Date.parse(run.startedAt) > olderThanDays * day;
    if (!old && (keep === undefined || nth < keep)) continue;
    const why = staysBecause(run, nth === 0 && run.state === 'finished', ours);
    over.push({ run, ...(why === undefined ? {} : { stays: why }) });
  }
  return over.reverse();
}

/** Removes the files of these runs, and each folder that is empty then. A run that came to life meanwhile stays. Answers with the names of those removed. */
export function prune(runs: readonly Pruning[], ours: ReadonlySet<string>): readonly string[] {
  const gone: string[] = [];
  for (const { run, stays } of runs) {
    if (stays !== undefined) continue;
    // Looked at again: between the question and now somebody may have started or signed something there.
    const now = storedRun(run.folder);
    if (now === undefined || staysBecause(now, false, ours) !== undefined) continue;
    remove(run.folder);
    gone.push(run.name);
  }
  return gone;
}

function staysBecause(run: StoredRun, newest: boolean, ours: ReadonlySet<string>): string | undefined {
  if (run.state === 'running') return 'it is running';
  if (newest) return 'it is the newest of its target';
  const files = filesIn(run.folder);
  if (files.some((name) => name.endsWith('.assay'))) return 'it holds a signed package (*.assay)';
  if (files.includes(pendingFile)) return `it holds what must still be taken back at the payer (${pendingFile}): run once more in that folder`;
  const foreign = files.find((name) => !isOurs(name, ours));
  return foreign === undefined ? undefined : `it holds ${foreign}, which no run wrote`;
}

const always = new Set([
  runFile,
  `${runFile}.tmp`,
  journalFile,
  summaryFile,
  logFile,
  lockFile,
  startFile,
  stateFile,
  `${stateFile}.tmp`,
  samplesFile,
]);
const ofGrades = new Set(['grade.json', 'grade.html', 'badge.svg', 'conformance.html']);

function isOurs(name: string, ours: ReadonlySet<string>): boolean {
  const [first = '', second, ...deeper] = name.split('/');
  if (second === undefined) return always.has(first) || ours.has(first);
  if (deeper.length > 0) return false;
  return first === 'apps' ? appFile.test(second) : /^grade(-\d+)?$/.test(first) && ofGrades.has(second);
}

/** Everything below, by its name there, with `/` between; links are named and not followed. */
function filesIn(folder: string, prefix = ''): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return lstatSync(path).isDirectory() ? filesIn(path, `${prefix}${name}/`) : [`${prefix}${name}`];
  });
}

function remove(folder: string): void {
  // run.json last: a pruning that is cut short leaves a run that can still be read.
  const files = filesIn(folder);
  for (const name of [...files.filter((each) => each !== runFile), ...files.filter((each) => each === runFile)]) rmSync(join(folder, name));
  for (const name of readdirSync(folder)) if (lstatSync(join(folder, name)).isDirectory()) rmdirSync(join(folder, name));
  if (existsSync(folder)) rmdirSync(folder);
}
