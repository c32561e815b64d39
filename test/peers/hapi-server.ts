import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Made } from '../../fixtures/dataset.ts';

const module = join(import.meta.dirname, 'hapi');
const classes = join(module, 'target/classes/peer/Main.class');
const source = join(module, 'src/main/java/peer/Main.java');

/** Why HAPI cannot be run here, with the fix; undefined when it can. */
export function whyNoHapi(): string | undefined {
  const lacks = ['java', 'mvn'].filter((tool) => spawnSync(tool, ['-version'], { stdio: 'ignore' }).status !== 0);
  return lacks.length === 0 ? undefined : `${lacks.join(' and ')} not found; fix: apt-get install -y default-jdk maven`;
}

export interface HapiServer {
  readonly base: string;
  close(): Promise<void>;
}

/** HAPI's REST engine on a free loopback port, holding these resources. Builds the module when its source is newer (first time about 30 s). */
export async function startHapi(resources: Iterable<Made>): Promise<HapiServer> {
  if (!existsSync(classes) || statSync(classes).mtimeMs < statSync(source).mtimeMs) {
    execFileSync('mvn', ['-q', '-B', 'package'], { cwd: module, stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 });
  }
  const folder = mkdtempSync(join(tmpdir(), 'hapi-'));
  const file = join(folder, 'members.ndjson');
  writeFileSync(file, [...resources].map((each) => JSON.stringify(each)).join('\n'));
  // Closing standard input ends the server, so it can never outlive us.
  const child = spawn('java', ['-Xmx512m', '-cp', `${join(module, 'target/classes')}:${join(module, 'target/lib')}/*`, 'peer.Main', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = setTimeout(() => child.kill(), 60_000);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^READY (\d+)$/.exec(line)?.[1];
      if (port === undefined) continue;
      return {
        base: `http://127.0.0.1:${port}/fhir`,
        async close() {
          child.stdin.end();
          await ended;
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    throw new Error('HAPI ended before it was ready; its own message stands above.');
  } finally {
    clearTimeout(deadline);
  }
}
