import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverCertificate } from '../../mocks/certificate.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import type { Target } from '../../src/core/model.ts';
import { containerOf } from './container.ts';
import { type HostileProxy, startProxy } from './proxy.ts';

/** The embedded payer behind a proxy that misbehaves, and the command line in processes of its own. */
export interface Stage {
  readonly proxy: HostileProxy;
  readonly embedded: Embedded;
  /** A fresh folder with a target file for the proxy, and where a run shall go. */
  place(changes?: Partial<Target>): { readonly folder: string; readonly file: string; readonly out: string };
  close(): Promise<void>;
}

/** How a process ended. `peakMB` is 0 where the system does not tell. */
export interface Ended {
  readonly ended: boolean;
  readonly seconds: number;
  readonly peakMB: number;
  readonly exit: number | null;
  /** What it said, stdout and stderr together, as far as the bound of ours goes. */
  readonly said: string;
}

export interface Watched {
  readonly within: number;
  readonly env?: NodeJS.ProcessEnv;
  /** What stands before `node`, e.g. a shell that sets limits. */
  readonly before?: readonly string[];
  /** Told of the process and of all that it has said, whenever it says something. */
  readonly onSaid?: (said: string, kill: (signal: NodeJS.Signals) => void, closeOutput: () => void) => void;
}

interface Material {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** `tls`: with a certificate made now, or with this one. */
export async function openStage({ tls = false, material: given }: { readonly tls?: boolean; readonly material?: Material } = {}): Promise<Stage> {
  const material = given ?? (tls ? await serverCertificate() : undefined);
  const proxy = await startProxy(material);
  const embedded = await startEmbedded({ publicUrl: proxy.origin });
  proxy.toward(`http://127.0.0.1:${(embedded.server.address() as { port: number }).port}`);
  return {
    proxy,
    embedded,
    place(changes = {}) {
      const folder = mkdtempSync(join(tmpdir(), 'payer-assay-hostile-'));
      const file = join(folder, 'target.json');
      const bulk = { ...embedded.target.bulk, maxWait: 3, pollFloor: 50 };
      writeTarget(file, { ...embedded.target, evidence: 'pseudonymised', bulk, ...changes }, embedded.secrets, material?.ca);
      return { folder, file, out: join(folder, 'out') };
    },
    async close() {
      await proxy.close();
      await embedded.close();
    },
  };
}

/** What is played: the source, or, with --built, what is installed of it */
const program = process.argv.includes('--built') ? 'dist/src/cli/main.js' : 'bin/payer-assay.js';
/** MB of heap that the command may use: what it asks for beyond is no memory but an end. */
const heapMB = 900;
/** Bytes of all its memory, where the system lets us bound it: whoever passes them is ended by the kernel, and so without a result. */
export const mostBytes = 2 ** 30;
/** Does this system bound it? */
export const isContained = (() => {
  const tried = containerOf(mostBytes);
  tried?.remove();
  return tried !== undefined;
})();
const running = new Set<() => void>();
process.once('exit', () => {
  for (const kill of running) kill();
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(1));

/** Within this, the command may take the memory that saves time: where a case is not about memory, in CI. */
export const hurried = new AsyncLocalStorage<true>();

/** Runs the command line with this much heap and time; one that does not end by itself is ended, with its children. */
export function payerAssay(args: readonly string[], { within, env, before = [], onSaid }: Watched): Promise<Ended> {
  const began = performance.now();
  const container = containerOf(mostBytes);
  const ample = hurried.getStore() === true ? { PAYER_ASSAY_MEMORY: 'ample' } : {};
  const [command = process.execPath, ...rest] = [
    ...(container?.before ?? []),
    ...before,
    process.execPath,
    `--max-old-space-size=${heapMB}`,
    program,
    ...args,
  ];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...ample, ...env }, detached: true });
  let [peak, ended, said] = [0, true, ''];
  const kill = (signal: NodeJS.Signals = 'SIGKILL'): void => {
    try {
      process.kill(-(child.pid ?? 0), signal);
    } catch {
      // It has just ended.
    }
  };
  const end = (): void => kill();
  running.add(end);
  const hear = (chunk: Buffer): void => {
    if (said.length < 2 ** 22) said += chunk;
    onSaid?.(said, kill, () => {
      child.stdout.destroy();
      child.stderr.destroy();
    });
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const look = setInterval(() => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      // It has just ended, or this is no Linux: then the peak is not known.
    }
  }, 100);
  const late = setTimeout(() => {
    ended = false;
    kill();
  }, within * 1000);
  return new Promise((resolve) => {
    child.once('error', (cause) => hear(Buffer.from(cause.message)));
    child.once('close', (exit) => {
      clearInterval(look);
      clearTimeout(late);
      running.delete(end);
      container?.remove();
      resolve({ ended, seconds: Math.round((performance.now() - began) / 100) / 10, peakMB: Math.round(peak / 1024), exit, said });
    });
  });
}
