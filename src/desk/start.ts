import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../disk/folder.ts';
import { birthOf, startFile } from '../run/lock.ts';
import { logFile, type StoredRun } from './runs.ts';

/** What the form of the start page asks for; checked, and not yet told to anybody. */
export interface Wish {
  /** Arguments of `payer-assay run` that say whom to test. */
  readonly subject: readonly string[];
  readonly name: string;
  readonly plans: readonly string[];
  readonly scenarios: readonly string[];
  readonly only: string;
  readonly load: string;
  /** Launch SMART apps as well. */
  readonly apps: boolean;
}

/** How to start the command line: node and its arguments. */
export type Command = readonly [string, ...string[]];

/**
 * Starts `payer-assay run` as a process of its own, which outlives this one: what it says goes to run.log of its folder, where it is found again. Answers with the
 * name of the folder. No shell reads a word of it.
 */
export function startRun(out: string, wish: Wish, [node, ...entry]: Command, cwd: string): string {
  const name = `${new Date().toISOString().replace(/[:.]/g, '-')}-${slug(wish.name)}`;
  const folder = join(out, name);
  makeFolder(folder);
  const log = openSync(join(folder, logFile), 'wx', 0o600);
  const list = (option: string, values: readonly string[]) => (values.length === 0 ? [] : [option, values.join(',')]);
  const args = [
    ...[...entry, 'run', ...wish.subject, '--out', folder],
    ...list('--plan', wish.plans),
    ...list('--scenario', wish.scenarios),
    ...list('--only', wish.only === '' ? [] : [wish.only]),
    ...list('--load', wish.load === '' ? [] : [wish.load]),
    ...(wish.apps ? ['--apps'] : []),
  ];
  try {
    const child = spawn(node, args, { cwd, detached: true, stdio: ['ignore', log, log], env: { ...process.env, NO_COLOR: '1' } });
    child.once('error', (cause) => writeFileSync(join(folder, logFile), `It could not be started: ${cause.message}\n`, { mode: 0o600 }));
    if (child.pid !== undefined) {
      const born = birthOf(child.pid);
      const holder = { pid: child.pid, since: new Date().toISOString(), ...(born === undefined ? {} : { born }) };
      writeFileSync(join(folder, startFile), JSON.stringify(holder), { mode: 0o600 });
    }
    child.unref();
  } finally {
    closeSync(log);
  }
  return name;
}

/** As Ctrl-C would: what was learned is judged and stored, and what was changed is taken back. False when there is nothing to stop. */
export function stopRun({ holder }: StoredRun): boolean {
  if (holder === undefined || holder.pid <= 1) return false;
  try {
    process.kill(holder.pid, 'SIGTERM');
    return true;
  } catch {
    return false;
  }
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40) || 'payer';
