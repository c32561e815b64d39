import { asArray, asObject, at, type JsonObject } from '../../src/core/fhir.ts';
import type { Json, WireRequest } from '../../src/core/model.ts';
import type { Variation } from './variation.ts';

/** Ways of CRD, UDAP and directories that are just as legal. Those that do not disturb each other share a run. */

const hooks = (change: (body: JsonObject, text: string) => string) => (request: WireRequest) =>
  request.method === 'POST' && /\/cds-services\/[^/]+$/.test(request.url)
    ? { ...request, body: change(JSON.parse(request.body ?? '{}') as JsonObject, request.body ?? '') }
    : request;
const hookIs = (body: JsonObject, name: string): boolean => body['hook'] === name;
const pretty = (body: Json): string => JSON.stringify(body, null, 3);
const backwards = (value: Json | undefined): Json => {
  const bundle = asObject(value);
  const entry = [...asArray(bundle['entry'])]
    .reverse()
    .map((each) => ({ ...asObject(each), resource: { ...asObject(at(each, 'resource')), meta: { lastUpdated: '2020-01-01T00:00:00Z' } } }));
  return bundle['resourceType'] === 'Bundle' ? { ...bundle, entry } : (value ?? null);
};

export const crdVariations: readonly Variation[] = [
  {
    id: 'cv-13, cv-15, cv-17, cv-19, cv-20, cv-40',
    text: 'codes that nobody published, an active order among drafts, a PractitionerRole, a UUID in capitals, aud as a list, JSON with much space',
    cases: ['C1'],
    sends: hooks((body) => {
      const context = asObject(body['context']);
      const orders = asArray(at(context, 'draftOrders', 'entry')).map((each, nth) =>
        nth === 0 ? { resource: { ...asObject(at(each, 'resource')), status: 'active' } } : each,
      );
      const configuration = { ...asObject(at(body, 'extension', 'davinci-crd.configuration')), 'our-own-code': 7 };
      return pretty({
        ...body,
        hookInstance: String(body['hookInstance']).toUpperCase(),
        context: {
          ...context,
          ...(context['userId'] === undefined ? {} : { userId: 'PractitionerRole/role-1' }),
          ...(orders.length === 0 ? {} : { draftOrders: { resourceType: 'Bundle', type: 'collection', entry: orders } }),
        },
        extension: { ...asObject(body['extension']), 'davinci-crd.configuration': configuration },
      });
    }),
    differs: { decides: { hookJwt: (url) => ({ claims: { aud: [url] } }) } },
  },
  {
    id: 'cv-14, cv-16',
    text: 'no configuration; order-dispatch with tasks',
    cases: ['C1'],
    sends: hooks((body) => {
      const { 'davinci-crd.configuration': _none, ...extension } = asObject(body['extension']);
      const context = hookIs(body, 'order-dispatch')
        ? { ...asObject(body['context']), fulfillmentTasks: [{ resourceType: 'Task', id: 't-1', status: 'draft', intent: 'order' }] }
        : (body['context'] ?? {});
      return JSON.stringify({ ...body, context, extension });
    }),
  },
  {
    id: 'cv-27, cv-29',
    text: 'an empty searchset for nothing found, an OperationOutcome for what failed',
    cases: ['C2'],
    differs: {
      decides: {
        prefetch: (templates, filled) =>
          Object.fromEntries(
            Object.entries(filled).map(([key, value]) =>
              (templates[key] ?? '').includes('unsearchable')
                ? [key, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-supported' }] }]
                : [key, value === null ? { resourceType: 'Bundle', type: 'searchset', total: 0 } : value],
            ),
          ),
      },
    },
  },
  {
    id: 'cv-25, cv-30',
    text: 'prefetch from memory, in another order; scopes of SMART 1 with launch/patient beside them',
    cases: ['C3'],
    differs: {
      decides: {
        prefetch: (_templates, filled) => Object.fromEntries(Object.entries(filled).map(([key, value]) => [key, backwards(value)])),
        grantScope: (types) => `launch/patient ${types.map((type) => `patient/${type}.read`).join(' ')}`,
      },
    },
  },
  {
    id: 'cv-11',
    text: 'takes the second payer for the primary one, and calls it alone',
    cases: ['C4'],
    differs: { decides: { asksPayers: () => ['two'], switchesOff: () => false } },
  },
  {
    id: 'cv-18',
    text: 'one action has one hookInstance, at both payers',
    cases: ['C4'],
    sends: hooks((body) => JSON.stringify({ ...body, hookInstance: '7d3b0a4e-2f64-4f0b-9a0c-5a0a5b0c0d0e' })),
  },
  {
    id: 'cv-38',
    text: 'feedback for one card twice, in one batch',
    cases: ['C6'],
    sends: (request) => {
      if (!request.url.endsWith('/feedback')) return request;
      const { feedback } = JSON.parse(request.body ?? '{}') as { readonly feedback: readonly Json[] };
      return { ...request, body: JSON.stringify({ feedback: [...feedback, ...feedback] }) };
    },
  },
  {
    id: 'cv-43',
    text: 'certifications in the registration',
    cases: ['T3'],
    sends: (request) =>
      request.url.endsWith('/udap/register') ? { ...request, body: (request.body ?? '').replace(/\}$/, ',"certifications":["a.b.c"]}') } : request,
  },
  {
    id: 'cv-06',
    text: 'asks for active addresses only, and never sees the others',
    cases: ['D2'],
    sends: (request) => (request.url.includes('/directory/Endpoint?') ? { ...request, url: `${request.url}&status=active` } : request),
  },
];
