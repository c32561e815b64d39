import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

export interface Finished {
  /** k6: 0 fine, 99 a threshold was crossed, 107 the script is wrong; null when it was ended. */
  readonly code: number | null;
  readonly ended?: 'limit' | 'interrupted';
  /** Share of all cores it used, 0-1; unknown where there is no /proc. */
  readonly cpu?: number;
  /** Last lines of what it said. */
  readonly said: string;
}

const grace = 2_000;
const tick = 100; // Linux counts process time in hundredths of a second

/**
 * Runs a program in its own process group, for at most `limit` ms, and leaves nothing of the group running: not after the limit, not after an
 * interrupt, not when this process ends. Rejects only when it cannot be started.
 */
export function runGroup(
  path: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly limit: number; readonly signal?: AbortSignal },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: options.env });
    const began = performance.now();
    let said = '';
    let ended: Finished['ended'];
    let used = 0;
    const hear = (data: Buffer) => {
      said = (said + data.toString('utf8')).slice(-4000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const kill = (signal: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // The group has already gone.
      }
    };
    let last: NodeJS.Timeout | undefined;
    const end = (why: NonNullable<Finished['ended']>) => {
      ended ??= why;
      kill('SIGTERM');
      last ??= setTimeout(() => kill('SIGKILL'), grace);
    };
    const limit = setTimeout(() => end('limit'), options.limit);
    const interrupted = () => end('interrupted');
    const leaving = () => kill('SIGKILL');
    const watch = setInterval(() => void cpuSeconds(child.pid).then((seconds) => (used = Math.max(used, seconds))), 500);
    options.signal?.addEventListener('abort', interrupted, { once: true });
    if (options.signal?.aborted) interrupted();
    process.once('exit', leaving);
    const clear = () => {
      clearTimeout(limit);
      clearTimeout(last);
      clearInterval(watch);
      options.signal?.removeEventListener('abort', interrupted);
      process.removeListener('exit', leaving);
    };
    child.once('error', (cause) => {
      clear();
      reject(cause);
    });
    child.once('close', (code) => {
      clear();
      kill('SIGKILL');
      const wall = (performance.now() - began) / 1000;
      resolve({
        code,
        said: said.trim(),
        ...(ended ? { ended } : {}),
        ...(used > 0 ? { cpu: Math.min(1, used / wall / availableParallelism()) } : {}),
      });
    });
  });
}

/** User and system seconds of a process so far; 0 where this cannot be read. */
async function cpuSeconds(pid: number | undefined): Promise<number> {
  try {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / tick;
  } catch {
    return 0;
  }
}
