import { asArray, asObject, at, isObject, jsonOf, linkOf } from '../../src/core/fhir.ts';
import type { Json, WireRequest, WireResponse } from '../../src/core/model.ts';

/** Wire transforms on directory answers. */

type Change = (resource: { readonly [key: string]: Json }) => { readonly [key: string]: Json };

/** Changes every resource with this id, alone or in a Bundle. */
export const onResource =
  (id: string, alter: Change) =>
  (response: WireResponse): WireResponse => {
    const body = asObject(jsonOf(response));
    const one = (value: Json): Json => (isObject(value) && value['id'] === id ? alter(value) : value);
    const entry = asArray(body['entry']).map((each) => (isObject(each) && each['resource'] ? { ...each, resource: one(each['resource']) } : each));
    return { ...response, body: JSON.stringify(body['resourceType'] === 'Bundle' ? { ...body, ...(body['entry'] ? { entry } : {}) } : one(body)) };
  };

/** Takes a member away. */
export const without =
  (name: string): Change =>
  ({ [name]: _gone, ...rest }) =>
    rest;

/** Answers one URL as if another query had been asked: the parameter is dropped. The answer comes from `others`. */
export const emptied = (response: WireResponse): WireResponse => {
  const { entry: _entry, ...bundle } = asObject(jsonOf(response));
  return { ...response, body: JSON.stringify({ ...bundle, total: 0 }) };
};

/** Adds an entry to a searchset that does not belong there. */
export const adding =
  (resource: { readonly [key: string]: Json }, mode = 'match') =>
  (response: WireResponse): WireResponse => {
    const bundle = asObject(jsonOf(response));
    const base = /^(.*)\/[A-Z]\w+\?/.exec(linkOf(bundle, 'self') ?? '')?.[1] ?? 'urn:stray';
    const fullUrl = `${base}/${String(resource['resourceType'])}/${String(resource['id'])}`;
    const entry = [...asArray(bundle['entry']), { fullUrl, resource, search: { mode } }];
    return { ...response, body: JSON.stringify({ ...bundle, entry }) };
  };

/** Drops the entries that came by _include. */
export const withoutIncluded = (response: WireResponse): WireResponse => {
  const bundle = asObject(jsonOf(response));
  return {
    ...response,
    body: JSON.stringify({ ...bundle, entry: asArray(bundle['entry']).filter((each) => at(each, 'search', 'mode') !== 'include') }),
  };
};

/** Strikes only requests whose URL has this text. */
export const asked =
  (text: string, alter: (response: WireResponse) => WireResponse) =>
  (response: WireResponse, request: WireRequest): WireResponse =>
    request.url.includes(text) ? alter(response) : response;

const planNet = 'http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/';

/** An Endpoint of another payer, as a server shows it that ignores a filter. */
export const strayEndpoint = {
  resourceType: 'Endpoint',
  id: 'stray-endpoint',
  meta: { lastUpdated: '2026-01-02T03:04:05Z', profile: [`${planNet}plannet-Endpoint`] },
  status: 'active',
  connectionType: { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code: 'direct-project' },
  managingOrganization: { reference: 'Organization/another-payer' },
  payloadType: [{ coding: [{ system: 'http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/EndpointPayloadTypeCS', code: 'NA' }] }],
  address: 'mailto:somebody@direct.example.org',
} as const;

export const strayOrganization = {
  resourceType: 'Organization',
  id: 'stray-organization',
  meta: { lastUpdated: '2026-01-02T03:04:05Z', profile: [`${planNet}plannet-Organization`] },
  active: true,
  name: 'Clinic of nobody',
  type: [{ coding: [{ system: 'http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/OrgTypeCS', code: 'prvgrp' }] }],
  address: [{ city: 'Hartford' }],
} as const;

/** A refusal as a good server words it, so that only the refusal itself is wrong. */
export const refused =
  (status: number, code: string): ((response: WireResponse) => WireResponse) =>
  ({ headers }) => ({
    status,
    headers: { ...headers, 'content-type': 'application/fhir+json', 'x-request-id': 'injected' },
    body: JSON.stringify({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, details: { text: 'The directory does not take this request. Correct it, or contact the directory.' } }],
    }),
  });
