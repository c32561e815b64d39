// Child processes that never outlive us: each gets a process group of its own, which a signal ends as a whole.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = new URL('../../', import.meta.url);
export const at = (path) => fileURLToPath(new URL(path, root));
export const say = (what, text) => console.error(`set-up  ${what.padEnd(10)} ${text}`);

/** Groups that are running now. */
const running = new Set();
let interrupted = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // npm hands on a Ctrl-C that the terminal has already sent us: one press must not count as two.
    if (interrupted && performance.now() - interrupted < 500) return;
    interrupted = performance.now();
    for (const group of running) group.stop(signal);
    if (running.size === 0) process.exit(130);
  });
}

/** Runs a command to its end. Never rejects: answers with its exit code (127 = not found, 124 = took too long) and its output. */
export function run(command, args, { env = {}, cwd = root, timeout, show = false, every } = {}) {
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 2 : 'pipe', show ? 2 : 'pipe'],
      detached: process.platform !== 'win32',
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const kill = (signal) => {
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
      } catch {
        // it has ended already
      }
    };
    const group = { stop: () => kill('SIGTERM') };
    running.add(group);
    const alarm = timeout && setTimeout(() => kill('SIGKILL'), timeout);
    const beat = every && setInterval(() => every(Math.round((performance.now() - began) / 1000)), 15_000);
    const end = (code) => {
      running.delete(group);
      clearTimeout(alarm);
      clearInterval(beat);
      if (interrupted) process.exit(130);
      resolve({ code, output });
    };
    child.once('error', () => end(127));
    child.once('close', (code, signal) => end(signal ? 124 : code));
  });
}

/** Runs the real thing in our place: same terminal, signals handed on, its exit code is ours. */
export function become(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: at('.'), stdio: 'inherit', detached: process.platform !== 'win32' });
    running.add({ stop: (signal) => child.kill(signal) });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ? 2 : code));
  });
}

/** First line that a command prints about itself; undefined when it is not there. */
export async function versionOf(command, args) {
  const { code, output } = await run(command, args, { timeout: 20_000 });
  return code === 0 ? output.split('\n').find((line) => line.trim() !== '' && !line.startsWith('Picked up')) : undefined;
}

/** Maven with one compiler and one collector: a build takes less than half of the processor time. */
export const maven = (args, options) =>
  run('mvn', ['-q', '-B', ...args], { ...options, env: { MAVEN_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' } });
