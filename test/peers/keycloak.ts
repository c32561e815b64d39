import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { brief, maven } from './java.ts';
import type { Peer } from './oidc-provider.ts';

const module = join(import.meta.dirname, 'keycloak');
const scopes = ['system/*.rs', 'system/*.read', 'system/Patient.rs', 'system/Coverage.rs', 'system/Group.rs'];

/** The unpacked distribution; fetched by Maven the first time. */
function homeOf(): string {
  const find = (): string | undefined => globSync('target/keycloak-*/bin/kc.sh', { cwd: module })[0];
  if (find() === undefined) maven(module, 'package');
  const script = find();
  if (script === undefined) throw new Error(`Maven unpacked no Keycloak below ${module}/target.`);
  return join(module, script, '../..');
}

/** A realm with our client: client credentials, private_key_jwt with this public key, and SMART's scopes by name. */
const realmOf = (key: object): object => ({
  realm: 'payer',
  enabled: true,
  sslRequired: 'none',
  accessTokenLifespan: 300,
  clientScopes: scopes.map((name) => ({ name, protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'true' } })),
  clients: [
    {
      clientId: 'payer-assay',
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      clientAuthenticatorType: 'client-jwt',
      attributes: { 'use.jwks.string': 'true', 'jwks.string': JSON.stringify({ keys: [key] }), 'token.endpoint.auth.signing.alg': 'ES384' },
      defaultClientScopes: [],
      optionalClientScopes: scopes,
    },
  ],
});

/**
 * Keycloak in its development mode with a database in memory, and the target file that fits it. It knows nothing of FHIR, so a thin front gives the two
 * documents that lead to it: a CapabilityStatement, and a smart-configuration with the members of the realm's own discovery document.
 */
export async function startKeycloak(): Promise<Peer> {
  const home = homeOf();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  mkdirSync(join(home, 'data/import'), { recursive: true });
  writeFileSync(
    join(home, 'data/import/payer.json'),
    JSON.stringify(realmOf({ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES384', use: 'sig' })),
  );
  const child = spawn(join(home, 'bin/kc.sh'), ['start-dev', '--db=dev-mem', '--http-host=127.0.0.1', '--http-port=0', '--import-realm'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, JAVA_OPTS: ['-Xms64m', '-Xmx512m', ...brief].join(' ') },
    detached: true,
  });
  // kc.sh is a shell; the server is its child, so the whole group is ended.
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  process.once('exit', stop);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const issuer = `${await listening(child.stdout, stop)}/realms/payer`;
  // What it logs later is of no use here, but must go somewhere.
  child.stdout.resume();

  const front = createServer((request, response) => {
    if (request.url === '/fhir/metadata') return json(response, statement);
    if (request.url === '/fhir/.well-known/smart-configuration') return void forward(issuer, response);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    target: {
      name: 'Keycloak 26.5.6',
      fhir: { base: `http://127.0.0.1:${(front.address() as AddressInfo).port}/fhir` },
      auth: { kind: 'smart-backend', clientId: 'payer-assay', key: { env: 'PEER_KEY' }, kid: 'k1', scope: 'system/*.rs' },
      members: {},
    },
    secrets: { PEER_KEY: JSON.stringify(privateKey.export({ format: 'jwk' })) },
    async close() {
      process.off('exit', stop);
      stop();
      await ended;
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

/** The origin that it says it listens on, once it does. */
async function listening(output: NodeJS.ReadableStream, stop: () => void): Promise<string> {
  const late = setTimeout(stop, 180_000);
  const said: string[] = [];
  try {
    for await (const line of createInterface({ input: output })) {
      said.push(line);
      const origin = /Listening on: (http:\/\/[\w.:]+\d)/.exec(line)?.[1];
      if (origin !== undefined) return origin;
    }
    throw new Error(`Keycloak ended before it was ready:\n${said.slice(-10).join('\n')}`);
  } finally {
    clearTimeout(late);
  }
}

const statement = {
  resourceType: 'CapabilityStatement',
  status: 'active',
  kind: 'instance',
  date: '2026-01-05',
  fhirVersion: '4.0.1',
  format: ['json'],
  implementationGuide: ['http://hl7.org/fhir/smart-app-launch/ImplementationGuide/hl7.fhir.uv.smart-app-launch|2.2.0'],
  rest: [{ mode: 'server' }],
};

const json = (response: ServerResponse, body: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** The realm's own discovery document, with the one member that SMART adds. */
async function forward(issuer: string, response: ServerResponse): Promise<void> {
  const own = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as object;
  json(response, { ...own, capabilities: ['client-confidential-asymmetric', 'permission-v2'] });
}
