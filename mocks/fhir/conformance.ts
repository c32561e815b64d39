import type { Handler, Route } from '../kernel/payer.ts';
import { fhir, json } from '../kernel/replies.ts';

const metadata: Handler = (_request, payer) =>
  fhir({
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-05',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json', 'application/fhir+json'],
    software: { name: 'payer-assay embedded payer' },
    implementation: { description: 'Synthetic payer', url: `${payer.origin}/fhir` },
    rest: [{ mode: 'server', resource: [{ type: 'Patient', interaction: [{ code: 'read' }, { code: 'search-type' }] }] }],
  });

const smart: Handler = (_request, payer) =>
  json({
    token_endpoint: `${payer.origin}/as/token`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    scopes_supported: ['system/*.rs'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  });

export const conformanceRoutes: readonly Route[] = [
  { step: 'metadata', method: 'GET', path: '/fhir/metadata', handle: metadata },
  { step: 'smart.configuration', method: 'GET', path: '/fhir/.well-known/smart-configuration', handle: smart },
];
