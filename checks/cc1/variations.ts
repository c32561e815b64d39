import { asArray, asObject, asString, at, isObject, jsonOf } from '../../src/core/fhir.ts';
import type { Json, WireResponse } from '../../src/core/model.ts';
import { change, set, when } from '../alter.ts';
import type { Variation } from '../area.ts';

/** Ways in which an honest directory or configuration file may differ. */

type Change = (resource: { readonly [key: string]: Json }) => { readonly [key: string]: Json };
/** Changes every resource that the answer holds. */
const everyResource =
  (alter: Change) =>
  (response: WireResponse): WireResponse => {
    const body = asObject(jsonOf(response));
    if (body['resourceType'] !== 'Bundle') return body['id'] === undefined ? response : { ...response, body: JSON.stringify(alter(body)) };
    const entry = asArray(body['entry']).map((each) =>
      isObject(each) && isObject(each['resource']) ? { ...each, resource: alter(each['resource']) } : each,
    );
    return { ...response, body: JSON.stringify({ ...body, ...(body['entry'] ? { entry } : {}) }) };
  };

const isBundle = (response: WireResponse): boolean => asObject(jsonOf(response))['resourceType'] === 'Bundle';

export const cc1Variations: readonly Variation[] = [
  {
    name: 'says which edition its endpoints serve, as HRex 1.2 does',
    at: 'wellknown.davinci',
    alter: (response) => {
      const file = asObject(jsonOf(response));
      const endpoints = Object.entries(asObject(file['endpoints'])).map(([key, url]) => [key.includes('#') ? key : `${key}#2.2`, url]);
      return endpoints.length === 0 ? response : { ...response, body: JSON.stringify({ ...file, endpoints: Object.fromEntries(endpoints) as Json }) };
    },
  },
  {
    name: 'does not count the matches of a directory search',
    at: ['directory.endpoint', 'directory.organization'],
    alter: when((_request, response) => isBundle(response), set({ total: undefined })),
  },
  {
    name: 'names the charset of directory answers',
    at: ['directory.endpoint', 'directory.organization', 'directory.metadata'],
    alter: change({ headers: { 'content-type': 'application/fhir+json;charset=UTF-8' } }),
  },
  {
    name: 'refers to organizations by absolute URL',
    at: 'directory.endpoint',
    alter: (response, request) =>
      everyResource((each) => {
        const reference = asString(at(each['managingOrganization'], 'reference'));
        return reference === undefined ? each : { ...each, managingOrganization: { reference: `${request.url.split('/Endpoint')[0]}/${reference}` } };
      })(response),
  },
  {
    name: 'publishes addresses with a slash at the end',
    at: ['directory.endpoint', 'directory.organization'],
    alter: everyResource((each) => (asString(each['address'])?.endsWith('/fhir') ? { ...each, address: `${String(each['address'])}/` } : each)),
  },
  {
    name: 'puts contacts, periods and names of its own on endpoints',
    at: ['directory.endpoint', 'directory.organization'],
    alter: everyResource((each) =>
      each['resourceType'] === 'Endpoint'
        ? { ...each, period: { start: '2026-01-01' }, contact: [{ system: 'email', value: 'api@payer.example.org' }], header: ['X-Tenant: sunrise'] }
        : each,
    ),
  },
  {
    name: 'codes the payload type in words only',
    at: ['directory.endpoint', 'directory.organization'],
    alter: everyResource((each) => (each['resourceType'] === 'Endpoint' ? { ...each, payloadType: [{ text: 'any' }] } : each)),
  },
  {
    name: 'gives an organization several identifiers, names and addresses',
    at: 'directory.organization',
    alter: everyResource((each) =>
      each['resourceType'] === 'Organization'
        ? { ...each, alias: ['SHP'], identifier: [{ system: 'urn:oid:2.16.840.1.113883.4.4', value: '06-1234567' }, ...asArray(each['identifier'])] }
        : each,
    ),
  },
  {
    name: 'claims its guides without versions',
    at: 'directory.metadata',
    alter: set((statement) => ({
      instantiates: asArray(statement['instantiates']).map((each) => String(each).split('|')[0] ?? ''),
      implementationGuide: undefined,
    })),
  },
  {
    name: 'lists endpoints of its own in its configuration file',
    at: 'wellknown.davinci',
    alter: set((file) => ({
      endpoints: { ...asObject(file['endpoints']), 'x-sunrise-formulary': 'https://payer.example.org/formulary' },
      contact: 'api@payer.example.org',
    })),
  },
  {
    name: 'names the charset of its configuration file',
    at: 'wellknown.davinci',
    alter: change({ headers: { 'content-type': 'application/json; charset=utf-8' } }),
  },
];
