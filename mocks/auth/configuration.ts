import { generateKeyPairSync } from 'node:crypto';
import type { Json } from '../../src/core/model.ts';
import type { Handler, Route } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';

/**
 * What this payer tells of its authorization server; the same whatever Accept says.
 * Source: https://hl7.org/fhir/smart-app-launch/conformance.html#using-well-known
 */
const configuration: Handler = (_request, payer) =>
  json({
    issuer: `${payer.origin}/as`,
    jwks_uri: `${payer.origin}/as/jwks`,
    token_endpoint: `${payer.origin}/as/token`,
    introspection_endpoint: `${payer.origin}/as/introspect`,
    revocation_endpoint: `${payer.origin}/as/revoke`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    scopes_supported: ['system/*.rs', 'system/*.read', 'system/Patient.rs', 'system/Coverage.rs', 'system/Group.rs'],
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
  });

/** Its access tokens are opaque; the key is there for whoever wants to check what this payer may sign one day. */
const jwks: Handler = (_request, payer) => json({ keys: [payer.memory('auth.key', publicKey)] });

function publicKey(): Json {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return { ...(key.export({ format: 'jwk' }) as Record<string, Json>), kid: 'payer-1', alg: 'ES384', use: 'sig' };
}

export const configurationRoutes: readonly Route[] = [
  { step: 'smart.configuration', method: 'GET', path: '/fhir/.well-known/smart-configuration', handle: configuration },
  { step: 'jwks', method: 'GET', path: '/as/jwks', handle: jwks },
];
