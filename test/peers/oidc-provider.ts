import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { Target } from '../../src/core/model.ts';

/** An authorization server that this project did not write, and the target file that fits it. */
export interface Peer {
  readonly target: Target;
  readonly secrets: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const scopes = ['system/*.rs', 'system/*.read', 'system/Patient.rs', 'system/Coverage.rs', 'system/Group.rs'];

/**
 * oidc-provider on a free loopback port, with our client registered by its own dynamic registration. It knows nothing of FHIR, so a thin front adds
 * the two documents that lead to it: a CapabilityStatement, and a smart-configuration with the members of its own discovery document.
 */
export async function startOidcProvider(): Promise<Peer> {
  let answer: ReturnType<Provider['callback']> = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => {
    if (request.url === '/fhir/metadata') return json(response, statement);
    if (request.url === '/fhir/.well-known/smart-configuration') return void forward(origin, response);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answer = new Provider(origin, configuration).callback();

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const clientId = await register(origin, { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES384', use: 'sig' });
  return {
    target: {
      name: 'oidc-provider',
      fhir: { base: `${origin}/fhir` },
      auth: { kind: 'smart-backend', clientId, key: { env: 'PEER_KEY' }, kid: 'k1', scope: 'system/*.rs' },
      members: {},
    },
    secrets: { PEER_KEY: JSON.stringify(privateKey.export({ format: 'jwk' })) },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const configuration = {
  scopes,
  clientAuthMethods: ['private_key_jwt'],
  enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'RS384', 'ES384'] },
  ttl: { ClientCredentials: 300 },
  cookies: { keys: ['peer-test'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    registration: { enabled: true },
  },
};

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

type Answer = Parameters<ReturnType<Provider['callback']>>[1];

const json = (response: Answer, body: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** The server's own discovery document, with the one member that SMART adds. */
async function forward(origin: string, response: Answer): Promise<void> {
  const own = (await (await fetch(`${origin}/.well-known/openid-configuration`)).json()) as object;
  json(response, { ...own, capabilities: ['client-confidential-asymmetric', 'permission-v2'] });
}

/** RFC 7591, as a provider system would do it. */
async function register(origin: string, key: object): Promise<string> {
  const reply = await fetch(`${origin}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'payer-assay',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES384',
      scope: scopes.join(' '),
      jwks: { keys: [key] },
    }),
  });
  const body = (await reply.json()) as { client_id?: string };
  if (reply.status !== 201 || body.client_id === undefined)
    throw new Error(`oidc-provider did not register us: ${reply.status} ${JSON.stringify(body)}`);
  return body.client_id;
}
