import { randomUUID } from 'node:crypto';
import type { Made } from '../../fixtures/dataset.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { MockReply, Route } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { type Guest, guarded, serves } from './serve.ts';
import { textOf } from './store.ts';

const stamps = new WeakMap<Made, { readonly etag: string; readonly modified: string }>();

function stampOf(resource: Made) {
  let stamp = stamps.get(resource);
  if (!stamp) {
    const version = asString(at(resource, 'meta', 'versionId')) ?? '1';
    stamp = { etag: `W/"${version}"`, modified: new Date(asString(at(resource, 'meta', 'lastUpdated')) ?? 0).toUTCString() };
    stamps.set(resource, stamp);
  }
  return stamp;
}

/** A stored resource with its version; 304 when the client has it already. */
function resourceReply(resource: Made, { request, payer }: Guest): MockReply {
  const { etag, modified } = stampOf(resource);
  const headers = {
    'content-type': 'application/fhir+json; charset=utf-8',
    'x-request-id': randomUUID(),
    etag,
    'last-modified': modified,
    'cache-control': 'private, no-cache',
  };
  const [ifNoneMatch, ifModifiedSince] = [request.headers['if-none-match'], request.headers['if-modified-since']];
  const unchanged =
    ifNoneMatch === undefined
      ? ifModifiedSince !== undefined && Date.parse(modified) <= Date.parse(ifModifiedSince)
      : payer.rules.isUnchanged(ifNoneMatch, etag);
  return unchanged ? { status: 304, headers, body: '' } : { status: 200, headers, body: textOf(resource) };
}

export const unknownType = (type: string): MockReply =>
  outcome({
    status: 404,
    code: 'not-supported',
    text: `This payer serves no resource type called ${type.slice(0, 64)}. Correct the type in the URL: metadata lists those that are served.`,
    expression: 'http.url',
  });

/** The type is served, but not in this way. */
export const notOffered = (interaction: 'read' | 'search', type: string): MockReply =>
  outcome({
    status: 405,
    code: 'not-supported',
    text: `There is no ${interaction} on ${type} here. Correct the request: metadata lists what can be done with ${type}.`,
    expression: 'http.url',
    headers: { allow: 'OPTIONS' },
  });

/** The same answer for an id that never was and for one that may not be shown: no oracle of existence. */
function missing({ params }: Guest['request'], payer: Guest['payer']): MockReply {
  const [type = '', id = ''] = [params['type'], params['id']];
  if (payer.data.deleted.has(`${type}/${id}`))
    return outcome({
      status: 410,
      code: 'deleted',
      text: `The ${type} with this id has been deleted. Remove the reference, or search for what replaces it.`,
      expression: 'http.url',
    });
  return outcome({
    status: 404,
    code: 'not-found',
    text: `No ${type} with this id is available to you. Correct the id, or search for the ${type} by patient or identifier.`,
    expression: 'http.url',
  });
}

export const operationOf = (segment: string): MockReply =>
  outcome({
    status: 404,
    code: 'not-supported',
    text: `The operation ${segment.slice(0, 64)} is not offered here. Correct the URL: metadata lists the operations.`,
    expression: 'http.url',
  });

function read(guest: Guest): MockReply {
  const { request, payer, store } = guest;
  const { type = '', id = '' } = request.params;
  if (!serves(payer, type)) return unknownType(type);
  if (id.startsWith('$')) return operationOf(id);
  if (!/^[A-Za-z0-9.-]{1,64}$/.test(id))
    return outcome({
      status: 400,
      code: 'value',
      text: 'The id in the URL is not a FHIR id (letters, digits, minus and dot, at most 64). Correct the id and send the request again.',
      expression: 'http.url',
    });
  if (!payer.rules.offers(type, 'read')) return notOffered('read', type);
  const resource = store.read(type, id);
  return resource ? resourceReply(resource, guest) : missing(request, payer);
}

/** Only the current version is kept; older ones are gone from here. */
function vread(guest: Guest): MockReply {
  const { request, payer, store } = guest;
  const { type = '', id = '', version = '' } = request.params;
  if (!payer.rules.offers(type, 'vread') || !serves(payer, type)) return unknownType(type);
  const resource = store.read(type, id);
  if (!resource) return missing(request, payer);
  if (payer.rules.isVersion(at(resource, 'meta', 'versionId'), version)) return resourceReply(resource, guest);
  return outcome({
    status: 404,
    code: 'not-found',
    text: `Version ${version.slice(0, 64)} of this ${type} is not kept. Correct the version, or read the current one without _history.`,
    expression: 'http.url',
  });
}

export const readRoutes: readonly Route[] = [
  { step: 'read', method: 'GET', path: '/fhir/:type/:id', handle: guarded('r', read) },
  { step: 'vread', method: 'GET', path: '/fhir/:type/:id/_history/:version', handle: guarded('r', vread) },
];
