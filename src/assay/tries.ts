import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Run, Target } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { sha256 } from './digest.ts';

/** The journal of tries: every run under a plan leaves one line on this machine, so that "green at the ninth try" shows in the package. */
export interface Try {
  /** When the run began. */
  readonly at: string;
  /** SHA-256 over the addresses of the target. */
  readonly target: string;
  /** `name@edition`, without variants: another variant is another try. */
  readonly plan: string;
  readonly word: string;
  /** SHA-256 over the exchanges. */
  readonly run: string;
}

export type Tries =
  | { readonly known: true; readonly before: number; readonly sameDay: number; readonly runs: readonly Pick<Try, 'at' | 'word' | 'run'>[] }
  | { readonly known: false; readonly why: string };

/** XDG_STATE_HOME, else ~/.local/state (https://specifications.freedesktop.org/basedir-spec/latest/). */
export const triesFile = (): string => join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'payer-assay', 'tries.ndjson');

export const runDigest = ({ exchanges }: Pick<Run, 'exchanges'>): string => sha256(JSON.stringify(exchanges));

const targetDigest = ({ fhir, cds, directory, auth }: Target): string =>
  sha256(JSON.stringify([fhir?.base, cds?.base, directory?.base, 'tokenEndpoint' in auth ? auth.tokenEndpoint : null].map((each) => each ?? null)));

const planOf = (name: string): string => name.split('+')[0] ?? name;

/** Adds this run. Throws when the journal cannot be written. */
export function noteTry(run: Run, plan: string, word: string, file = triesFile()): void {
  makeFolder(dirname(file), 0o700);
  const line: Try = { at: run.startedAt, target: targetDigest(run.target), plan: planOf(plan), word, run: runDigest(run) };
  appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
}

/** Runs of this plan and target that came before this one. Not known where the journal has no line of this run: it was made elsewhere. */
export function triesBefore(run: Run, plan: string, file = triesFile()): Tries {
  const missing = { known: false, why: 'the journal of the machine that made the package does not hold this run' } as const;
  if (!existsSync(file)) return missing;
  const all = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => lineOf(line));
  const [target, name, own] = [targetDigest(run.target), planOf(plan), runDigest(run)];
  const mine = all.filter((each) => each.target === target && each.plan === name);
  if (!mine.some((each) => each.run === own)) return missing;
  const before = new Map(mine.filter((each) => each.at < run.startedAt && each.run !== own).map((each) => [each.run, each]));
  const runs = [...before.values()].map(({ at, word, run: hash }) => ({ at, word, run: hash }));
  return { known: true, before: runs.length, sameDay: runs.filter(({ at }) => at.slice(0, 10) === run.startedAt.slice(0, 10)).length, runs };
}

function lineOf(line: string): readonly Try[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Try];
  } catch {
    return []; // torn by a full disk or a kill
  }
}
