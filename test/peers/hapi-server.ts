import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Made } from '../../fixtures/dataset.ts';
import { brief, maven } from './java.ts';

/** Why HAPI cannot be run here, with the fix; undefined when it can. */
export function whyNoHapi(): string | undefined {
  const lacks = ['java', 'mvn'].filter((tool) => spawnSync(tool, ['-version'], { stdio: 'ignore' }).status !== 0);
  return lacks.length === 0 ? undefined : `${lacks.join(' and ')} not found; fix: apt-get install -y default-jdk maven`;
}

export interface HapiServer {
  readonly base: string;
  close(): Promise<void>;
}

/** HAPI's REST engine (`hapi`), or its whole server over a database (`hapi-jpa`), on a free loopback port, holding these resources. */
export async function startHapi(resources: Iterable<Made>, module: 'hapi' | 'hapi-jpa' = 'hapi'): Promise<HapiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hapi-'));
  const file = join(folder, 'members.ndjson');
  writeFileSync(file, [...resources].map((each) => JSON.stringify(each)).join('\n'));
  const { origin, close } = await startPeer(module, [file]);
  return { base: `${origin}/fhir`, close: () => close().finally(() => rmSync(folder, { recursive: true, force: true })) };
}

/** A coverage service on HAPI's CDS Hooks module, which knows these member ids. */
export async function startHapiCds(memberIds: readonly string[]): Promise<HapiServer> {
  const { origin, close } = await startPeer('hapi-cds', memberIds);
  return { base: origin, close };
}

/** The program of one of our Maven modules, which prints "READY port". Builds the module when its source is newer (first time about 30 s). */
export async function startPeer(name: string, args: readonly string[]): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const module = join(import.meta.dirname, name);
  const classes = join(module, 'target/classes/peer/Main.class');
  const sources = [join(module, 'pom.xml'), ...globSync('src/**/*.java', { cwd: module }).map((each) => join(module, each))];
  const newest = Math.max(...sources.map((each) => statSync(each).mtimeMs));
  if (!existsSync(classes) || statSync(classes).mtimeMs < newest) maven(module, 'clean', 'package');
  // Closing standard input ends the server, so it can never outlive us.
  const child = spawn(
    'java',
    ['-Xmx768m', ...brief, '-cp', `${join(module, 'target/classes')}:${join(module, 'target/lib')}/*`, 'peer.Main', ...args],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = setTimeout(() => child.kill(), 300_000);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^READY (\d+)$/.exec(line)?.[1];
      if (port === undefined) continue;
      return {
        origin: `http://127.0.0.1:${port}`,
        async close() {
          child.stdin.end();
          await ended;
        },
      };
    }
    throw new Error('HAPI ended before it was ready; its own message stands above.');
  } finally {
    clearTimeout(deadline);
  }
}
