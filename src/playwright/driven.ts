import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grade } from '../core/grade.ts';
import type { Run } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { readRun } from '../run/stored.ts';
import { lastFailedFile, runsFolder } from './selection.ts';
import { type Shown, shownOf } from './shown.ts';

/** Drives once for a whole run of Playwright, which starts a new worker after every test that failed: the workers meet on disk. */

export interface Wish {
  /** Target file; absent: the embedded payer. */
  readonly target?: string;
  /** Modules with private checks and suites. */
  readonly modules: readonly string[];
  /** Launch SMART apps as well. */
  readonly apps?: boolean;
  /** Ids of the requirements wanted; absent: all. */
  readonly wanted?: readonly string[];
}

/** Whose run: the process of Playwright, and its project. */
export interface Place {
  readonly owner: number;
  readonly project: string;
}

/** A run on disk, and what its tests show. */
export interface Driven {
  readonly folder: string;
  readonly shown: readonly Shown[];
  /** Why the run makes no statement at all: nothing in it passed, or it was cut short. Then skipped tests alone would look like success. */
  readonly mute?: string;
  run(): Run;
}

type Kept = Pick<Driven, 'shown' | 'mute'>;
const kept = (run: Run): Kept => {
  const { mute } = grade(run, run.finishedAt.slice(0, 10));
  return { shown: shownOf(run), ...(mute === undefined ? {} : { mute }) };
};

const shownFile = 'shown.json';

/** The run that an earlier worker of this process made; undefined when there is none. */
export const alreadyDriven = (place: Place, kind: 'wanted' | 'whole'): Driven | undefined => {
  const folder = folderOf(place, kind);
  const file = join(folder, shownFile);
  return existsSync(file) ? stored(folder, JSON.parse(readFileSync(file, 'utf8')) as Kept) : undefined;
};

/** A run made elsewhere: run.json or its folder. */
export function drivenElsewhere(path: string): Driven {
  const run = readRun(path);
  return { folder: path, ...kept(run), run: () => run };
}

/** Holds the conversations, in a process of its own: `payer-assay run`. Throws with its last words when it made no run. */
export async function driveFor(place: Place, kind: 'wanted' | 'whole', { target, modules, wanted, apps = false }: Wish): Promise<Driven> {
  const folder = folderOf(place, kind);
  removeOld(place.owner);
  rmSync(folder, { recursive: true, force: true });
  rmSync(saidFile(place), { force: true });
  makeFolder(folder);
  const only = kind === 'whole' || wanted === undefined ? [] : ['--only', wanted.join(',')];
  const whom = target === undefined ? ['--embedded'] : ['--target', target];
  const words = await payerAssay([
    'run',
    ...whom,
    ...(apps ? ['--apps'] : []),
    ...only,
    ...modules.flatMap((each) => ['--with', each]),
    '--out',
    folder,
  ]);
  if (!existsSync(join(folder, 'run.json'))) throw new Error(`The payer could not be tested, so no requirement has a verdict:\n${words}`);
  const run = readRun(folder);
  const all = kept(run);
  writeFileSync(join(folder, shownFile), JSON.stringify(all), { mode: 0o600 });
  writeFileSync(
    lastFailedFile(place.project),
    JSON.stringify(all.shown.flatMap(({ id, state }) => (state === 'failed' || state === 'stale expectation' ? [id] : []))),
  );
  return { folder, ...all, run: () => run };
}

/** Marks that a run without a statement was said to be one. */
export const saidFile = ({ owner, project }: Place): string => join(runsFolder, `${owner}-${project}-said`);
const folderOf = ({ owner, project }: Place, kind: string): string => join(runsFolder, `${owner}-${project}-${kind}`);

function stored(folder: string, all: Kept): Driven {
  let run: Run | undefined;
  return {
    folder,
    ...all,
    run: () => {
      run ??= readRun(folder);
      return run;
    },
  };
}

/** Ends when the run has ended by itself; Ctrl-C reaches it as it reaches Playwright, and it takes back what it made. */
function payerAssay(args: readonly string[]): Promise<string> {
  const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-4000);
    });
    child.once('error', (cause) => resolve(`${words}${cause.message}`));
    child.once('close', () => resolve(words));
  });
}

/** Runs of processes that are gone hold health data that nobody looks at any more. The last one stays, for who wants to read it. */
function removeOld(owner: number): void {
  if (!existsSync(runsFolder)) return;
  for (const name of readdirSync(runsFolder)) {
    const other = Number(/^(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (!Number.isNaN(other) && other !== owner && !alive(other)) rmSync(join(runsFolder, name), { recursive: true, force: true });
  }
}

function alive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
