import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';

/**
 * What k6-operator does with a TestRun, with processes for pods: https://github.com/grafana/k6-operator, pkg/resources/jobs (initializer.go, runner.go,
 * starter). Paths below /test become `mounted`, and each process gets a port of its own because it has no address of its own.
 */
export interface Pod {
  readonly image: string;
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
}

export interface TestRun {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly parallelism: number;
    readonly arguments: string;
    readonly script: { readonly configMap: { readonly name: string; readonly file: string } };
    readonly initializer: Pod;
    readonly runner: Pod;
  };
}

export const testRun = (): TestRun => parse(readFileSync('deploy/k6-operator/testrun.yaml', 'utf8')) as TestRun;

/** The container's environment: what the pod names, and nothing of ours. */
const environment = ({ env }: Pod, secrets: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: '/usr/bin:/bin',
  HOME: '/nonexistent',
  ...Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? secrets[valueFrom?.secretKeyRef.key ?? '']])),
});

/** Of the arguments, `k6 archive` gets those that it knows. */
const unknownToArchive = ['--no-usage-report', '--linger', '--log-output'];

/** Archives the script and asks for its needs, as the initializer does. Answers with what k6 printed; throws with what it said. */
export function initialize({ spec }: TestRun, k6: string, mounted: string, scratch: string): { readonly maxVUs: number } {
  const [archive, args] = [join(scratch, 'archived.tar'), spec.arguments.split(' ').filter((each) => !unknownToArchive.includes(each))];
  const options = { env: environment(spec.initializer, {}), encoding: 'utf8', timeout: 60_000 } as const;
  const archived = spawnSync(k6, ['archive', join(mounted, spec.script.configMap.file), '-O', archive, ...args], options);
  const inspected = spawnSync(k6, ['inspect', '--execution-requirements', archive], options);
  if (archived.status !== 0 || /level=error/.test(archived.stderr + inspected.stderr)) throw new Error(archived.stderr + inspected.stderr);
  return JSON.parse(inspected.stdout) as { maxVUs: number };
}

export interface Runner {
  readonly log: string;
  readonly address: string;
  readonly done: Promise<number | null>;
  kill(): void;
}

/** Starts the paused runners, each with its segment. */
export async function startRunners(run: TestRun, k6: string, mounted: string, logs: string, secrets: Readonly<Record<string, string>>) {
  const { spec, metadata } = run;
  const { parallelism } = spec;
  const edge = (nth: number): string => (nth === 0 ? '0' : nth === parallelism ? '1' : `${nth}/${parallelism}`);
  const sequence = Array.from({ length: parallelism + 1 }, (_, nth) => edge(nth)).join(',');
  return Promise.all(
    Array.from({ length: parallelism }, async (_, index): Promise<Runner> => {
      const address = `127.0.0.1:${await freePort()}`;
      const log = join(logs, `runner-${index + 1}.ndjson`);
      const out = openSync(log, 'w');
      const child = spawn(
        k6,
        [
          ...['run', '--quiet', `--execution-segment=${edge(index)}:${edge(index + 1)}`, `--execution-segment-sequence=${sequence}`],
          ...spec.arguments.split(' '),
          ...[join(mounted, spec.script.configMap.file), `--address=${address}`, '--paused'],
          ...['--tag', `instance_id=${index + 1}`, '--tag', `testrun_name=${metadata.name}`],
        ],
        // A pod's log is whatever its process writes, to either stream.
        { env: environment(spec.runner, secrets), stdio: ['ignore', out, out], timeout: 90_000, killSignal: 'SIGKILL' },
      );
      return { log, address, done: ended(child), kill: () => void child.kill('SIGKILL') };
    }),
  );
}

/** Waits until all answer, then lets them go together, as the starter does. */
export async function unpause(runners: readonly Runner[]): Promise<void> {
  for (const { address } of runners) await ready(`http://${address}/v1/status`);
  const body = JSON.stringify({ data: { attributes: { paused: false }, id: 'default', type: 'status' } });
  await Promise.all(
    runners.map(async ({ address }) => {
      const answer = await fetch(`http://${address}/v1/status`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body });
      if (!answer.ok) throw new Error(`a runner was not let go: ${answer.status} ${await answer.text()}`);
    }),
  );
}

async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await pause(40);
  }
  throw new Error(`no runner answers at ${url} after 20 s`);
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('close', (code) => resolve(code)));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
