import { createHash, randomUUID } from 'node:crypto';
import type { Json } from '../../src/core/model.ts';
import type { Handler, MockReply, MockRequest, PayerState, Route } from '../kernel/payer.ts';
import { fhir, json } from '../kernel/replies.ts';
import { profiles } from './profiles.ts';
import { interactions } from './rules.ts';
import { searchable, servedTypes } from './search/parameters.ts';
import { finish, open, serves } from './serve.ts';

const joins = (type: string): readonly string[] =>
  Object.entries(searchable[type] ?? {}).flatMap(([name, { kind }]) => (kind === 'reference' ? [`${type}:${name}`] : []));

const operations = ({ declared }: PayerState, type: string | undefined): readonly Json[] =>
  declared
    .flatMap((area) => area.operations ?? [])
    .filter((each) => each.type === type)
    .map(({ name, definition }) => ({ name, definition }));

/** Made from the very tables that searching uses and from what each area declares. */
function resourceEntry(payer: PayerState, type: string): Json {
  const ofType = operations(payer, type);
  const guides = payer.declared.flatMap((area) => area.guides ?? []).map((each) => each.split('ImplementationGuide')[0] ?? each);
  const follows = (profiles[type] ?? []).filter((profile) => guides.some((guide) => profile.startsWith(guide)));
  return {
    type,
    ...(follows.length === 0 ? {} : { supportedProfile: follows }),
    interaction: interactions.filter((each) => payer.rules.offers(type, each)).map((code) => ({ code })),
    versioning: 'versioned',
    readHistory: false,
    updateCreate: false,
    conditionalRead: 'full-support',
    referencePolicy: ['literal', 'local'],
    ...(payer.rules.offers(type, 'search-type')
      ? {
          searchInclude: [...joins(type), '*'],
          searchRevInclude: ['Provenance:target'],
          searchParam: Object.entries(searchable[type] ?? {}).map(([name, { kind }]) => ({ name, type: kind })),
        }
      : {}),
    ...(ofType.length > 0 ? { operation: ofType } : {}),
  };
}

/** Types on which there are operations and nothing else. */
function operatedTypes(payer: PayerState): readonly string[] {
  const types = payer.declared.flatMap((area) => area.operations ?? []).flatMap(({ type }) => type ?? []);
  return [...new Set(types)].filter((type) => !serves(payer, type));
}

function capability(payer: PayerState): Json {
  const { declared } = payer;
  const onSystem = operations(payer, undefined);
  return {
    resourceType: 'CapabilityStatement',
    id: 'sunrise-plan',
    url: `${payer.origin}/fhir/metadata`,
    version: '1.0.0',
    name: 'SunriseHealthPlanProviderApi',
    title: 'Sunrise Health Plan provider API',
    status: 'active',
    experimental: true,
    date: '2026-01-05T08:00:00Z',
    publisher: 'Sunrise Health Plan (synthetic)',
    description: 'Member data of a synthetic health plan for the providers its members are attributed to.',
    kind: 'instance',
    instantiates: declared.flatMap((area) => area.instantiates ?? []),
    software: { name: 'payer-assay embedded payer', version: '1.0.0' },
    implementation: { description: 'Synthetic payer of payer-assay', url: `${payer.origin}/fhir` },
    fhirVersion: '4.0.1',
    format: ['json', 'application/fhir+json'],
    implementationGuide: declared.flatMap((area) => area.guides ?? []),
    rest: [
      {
        mode: 'server',
        documentation:
          'US Core 6.1.0 server. 400 for an invalid parameter, 401 without a token, 403 without the scope, 404 for an unknown resource, 410 for a deleted one.',
        security: payer.rules.security(),
        resource: [
          ...servedTypes.filter((type) => serves(payer, type)).map((type) => resourceEntry(payer, type)),
          ...operatedTypes(payer).map((type) => ({ type, operation: operations(payer, type) })),
          ...declared.flatMap((area) => area.reads ?? []).map((type) => ({ type, interaction: [{ code: 'read' }] })),
        ],
        ...(onSystem.length > 0 ? { operation: onSystem } : {}),
      },
    ],
  };
}

/** Does not change while the payer runs, so it is put into words once. */
function metadata(request: MockRequest, payer: PayerState): MockReply {
  const { body, etag } = payer.memory('fhir.metadata', () => {
    const text = JSON.stringify(capability(payer));
    return { body: text, etag: `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 16)}"` };
  });
  const headers = { 'content-type': 'application/fhir+json; charset=utf-8', etag, 'cache-control': 'max-age=300', 'x-request-id': randomUUID() };
  return request.headers['if-none-match'] === etag ? { status: 304, headers, body: '' } : { status: 200, headers, body };
}

/** Source: http://hl7.org/fhir/R4/capabilitystatement-operation-versions.html */
const versions: Handler = (request) => {
  const simple = (request.headers['accept'] ?? '').split(',')[0]?.split(';')[0]?.trim().toLowerCase() === 'application/json';
  return finish(
    simple
      ? json({ versions: ['4.0'], default: '4.0' })
      : fhir({
          resourceType: 'Parameters',
          parameter: [
            { name: 'version', valueCode: '4.0' },
            { name: 'default', valueCode: '4.0' },
          ],
        }),
    request,
  );
};

export const conformanceRoutes: readonly Route[] = [
  { step: 'metadata', method: 'GET', path: '/fhir/metadata', handle: open(metadata) },
  { step: 'versions', method: 'GET', path: '/fhir/$versions', handle: versions },
];
