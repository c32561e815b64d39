import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Run } from '../core/run.ts';
import { gradeUnder, type PlanGrade } from '../plan/grade.ts';
import type { Catalogue } from '../plan/judged.ts';
import { retractions } from '../plan/load.ts';
import { type Entrant, entrantOf, failedToStart } from '../plan/matrix.ts';
import type { Resolved } from '../plan/types.ts';
import { readRun, runOf } from '../run/stored.ts';
import { fileName } from './file-name.ts';
import { writeGrade } from './plans.ts';

/** Entrants of a matrix: target files are driven, each by a process of its own; folders of runs and packages are graded as they are. */

export interface Setting {
  readonly resolved: Resolved;
  readonly catalogue: Catalogue;
  /** Folder of the matrix. */
  readonly out: string;
  readonly maxTime?: number;
  readonly say: (line: string) => void;
}

/** What one target came to. Does not throw: who fails to start is an entrant that says why. */
export async function entrant(path: string, nth: number, setting: Setting): Promise<Entrant> {
  const { resolved, catalogue, out, say } = setting;
  const name = basename(path).replace(/\.(jsonc?|assay)$/, '');
  const folder = `${String(nth + 1).padStart(2, '0')}-${fileName(name) || 'target'}`;
  try {
    if (!existsSync(path)) throw new Error(`there is no target file, run or package at ${path}`);
    const driven = !path.endsWith('.assay') && !statSync(path).isDirectory() && basename(path) !== 'run.json';
    const run = driven ? await drivenRun(path, join(out, folder), setting) : await storedRun(path);
    const grade: PlanGrade = driven
      ? (JSON.parse(readFileSync(join(out, folder, 'grade', 'grade.json'), 'utf8')) as PlanGrade)
      : gradeUnder(run, resolved, catalogue, retractions());
    if (!driven) await writeGrade(run, resolved, grade, join(out, folder, 'grade'), true);
    say(`  ${path}: ${grade.word}`);
    return entrantOf(run, grade, folder);
  } catch (cause) {
    const why = (cause as Error).message;
    say(`  ${path}: no grade (${why})`);
    return failedToStart(name, why);
  }
}

async function storedRun(path: string): Promise<Run> {
  if (!path.endsWith('.assay')) return readRun(path);
  const [{ openAssay }, { readAssay }] = await Promise.all([import('../assay/open.ts'), import('./assay.ts')]);
  return runOf(JSON.parse(openAssay(readAssay(path)).runText), path);
}

/** Holds the conversations in a process of its own. Throws with its last words when it came to no grade. */
async function drivenRun(target: string, folder: string, { resolved, maxTime }: Setting): Promise<Run> {
  const args = [
    'run',
    '--target',
    target,
    '--plan',
    resolved.name,
    '--out',
    folder,
    ...(maxTime === undefined ? [] : ['--max-time', String(maxTime)]),
  ];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let last = '';
  child.stderr.on('data', (chunk: Buffer) => {
    last = (last + chunk.toString('utf8')).slice(-4000);
  });
  const stop = () => child.kill('SIGTERM');
  process.once('exit', stop);
  const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  process.off('exit', stop);
  if (!existsSync(join(folder, 'grade', 'grade.json')))
    throw new Error(
      last
        .trim()
        .split('\n')
        .slice(-3)
        .join(' ')
        .replace(/^.*payer-assay stopped: /s, '') || `it ended with exit code ${code} and said nothing`,
    );
  return readRun(folder);
}

/** At most `most` at once, in their order. */
export async function bounded<In, Out>(items: readonly In[], most: number, work: (item: In, nth: number) => Promise<Out>): Promise<readonly Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async () => {
    for (let nth = next++; nth < items.length; nth = next++) results[nth] = await work(items[nth] as In, nth);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
