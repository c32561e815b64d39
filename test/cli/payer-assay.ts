import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run, Target } from '../../src/core/model.ts';

/** The command line as a user meets it: a process of its own, its exit code, and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const temporary = (): string => mkdtempSync(join(tmpdir(), 'payer-assay-test-'));

export interface Started {
  readonly done: Promise<Outcome>;
  /** Resolves when the process has said this on stderr. */
  said(pattern: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** What it has said on stdout until now. */
  heard(): string;
  readonly pid: number;
}

/** No command of a test takes longer, ms. */
const longest = 300_000;
const running = new Set<ChildProcess>();
/** A test file that ends, fails or is stopped leaves no process behind. */
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(1));

/** Collecting is a third of a run, and tests make a hundred of them; the stage hostile measures the memory of a run as it is. */
const ample = { PAYER_ASSAY_MEMORY: 'ample' };

/** Starts `node ARGS` from the root of the repository. */
export function startNode(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [...args], {
    ...{ env: { ...process.env, ...ample, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: longest, killSignal: 'SIGKILL' },
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  let [stdout, stderr] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    for (const look of waiting) look();
  });
  const done = new Promise<Outcome>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  return {
    done,
    pid: child.pid ?? 0,
    signal: (name) => child.kill(name),
    heard: () => stdout.trim(),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(stderr)) resolve();
        };
        waiting.add(look);
        look();
        void done.then(() => reject(new Error(`it ended without saying ${pattern}: ${stderr}`)));
      }),
  };
}

export const start = (...args: readonly string[]): Started => startNode(['bin/payer-assay.js', ...args]);
export const payerAssay = (...args: readonly string[]): Promise<Outcome> => start(...args).done;

/** A target file in a fresh folder, and where its run shall go. */
export function targetFile(changes: Partial<Target> | Readonly<Record<string, unknown>>): { readonly file: string; readonly out: string } {
  const folder = temporary();
  const file = join(folder, 'target.json');
  writeFileSync(file, JSON.stringify({ name: 'test', auth: { kind: 'none' }, members: {}, ...changes }));
  return { file, out: join(folder, 'out') };
}

export const runIn = (folder: string): Run => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run;

/** A server that misbehaves on purpose. */
export async function serve(listener: RequestListener): Promise<{ readonly origin: string; readonly server: Server; close(): void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    server,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
