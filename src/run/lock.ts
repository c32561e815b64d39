import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../disk/folder.ts';

export const lockFile = 'run.lock';

/** The process that writes to a folder. */
export interface Holder {
  readonly pid: number;
  /** When that process began, as the system counts it; a number given again belongs to another process. Absent where the system does not tell. */
  readonly born?: string;
  readonly since: string;
}

/**
 * Keeps a second run out of a folder. Throws, naming the process that holds it; a process that died holds nothing. Answers with how to let go.
 */
export function lockFolder(folder: string): () => void {
  makeFolder(folder);
  const path = join(folder, lockFile);
  const born = birthOf(process.pid);
  const mine: Holder = { pid: process.pid, since: new Date().toISOString(), ...(born === undefined ? {} : { born }) };
  for (let tries = 0; ; tries++) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, JSON.stringify(mine));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      const holder = holderOf(path);
      if (holder !== undefined || tries > 2)
        throw new Error(
          `${folder} is in use: another run (process ${holder?.pid ?? 'unknown'}, since ${holder?.since ?? 'just now'}) writes there. Wait for it, or choose another folder with --out.`,
        );
      rmSync(path, { force: true });
    }
  }
}

/** Who was started for this folder by somebody else, in the form of a lock: it is there before the run has locked it, and until its last report is written. */
export const startFile = 'start.lock';

/** The living process whose run writes to this folder; undefined when none does. */
export const holderIn = (folder: string): Holder | undefined => holderOf(join(folder, lockFile)) ?? holderOf(join(folder, startFile));

/** Who holds the lock and is alive; undefined when nobody does. */
function holderOf(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Holder;
    process.kill(holder.pid, 0);
    return holder.born === undefined || holder.born === birthOf(holder.pid) ? holder : undefined;
  } catch (cause) {
    // Alive, but somebody else's.
    return (cause as NodeJS.ErrnoException).code === 'EPERM' ? { pid: -1, since: 'a while ago' } : undefined;
  }
}

/** When a process began, as the system counts it. Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22. */
export function birthOf(pid: number): string | undefined {
  try {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // It has ended, and only its parent has not asked how.
    return state === 'Z' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
