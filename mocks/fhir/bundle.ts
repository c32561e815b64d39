import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { Made } from '../../fixtures/dataset.ts';
import type { MockReply } from '../kernel/payer.ts';
import type { Pairs } from './search/query.ts';
import { type Found, textOf } from './store.ts';

/** Where a page starts, sealed so that clients treat it as opaque; it holds for as long as this process lives. */
export interface Cursor {
  readonly type: string;
  readonly pairs: Pairs;
  readonly offset: number;
}

const secret = randomBytes(16);
const seal = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url').slice(0, 16);

export function writeCursor(cursor: Cursor): string {
  const text = Buffer.from(JSON.stringify(cursor)).toString('base64url');
  return `${text}.${seal(text)}`;
}

/** Undefined when we did not write it. */
export function readCursor(token: string): Cursor | undefined {
  const [text = '', mark = ''] = token.split('.');
  return text !== '' && seal(text) === mark ? (JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Cursor) : undefined;
}

const encode = (pairs: Pairs): string => pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');

const subset = (resource: Made): string =>
  JSON.stringify({
    ...resource,
    text: undefined,
    meta: {
      ...(resource['meta'] as object),
      tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }],
    },
  });

/** One page of a search as a searchset Bundle. The text is put together from ready-made resource texts: that is what keeps searching fast. */
export function searchsetReply(found: Found, base: string, offset = 0): MockReply {
  const { query, matches } = found;
  const onlyCount = query.summary === 'count';
  const page = onlyCount ? [] : matches.slice(offset, offset + query.count);
  const text = query.summary === 'data' ? subset : textOf;
  const entry = (mode: 'match' | 'include') => (resource: Made) =>
    `{"fullUrl":${JSON.stringify(`${base}/${resource.resourceType}/${resource.id}`)},"resource":${text(resource)},"search":{"mode":"${mode}"}}`;
  const entries = [...page.map(entry('match')), ...(page.length > 0 ? found.joined(page).map(entry('include')) : [])];
  const cursor = (at: number) => `${base}?_getpages=${writeCursor({ type: query.type, pairs: query.applied, offset: at })}`;
  const self = offset === 0 ? `${base}/${query.type}${query.applied.length > 0 ? `?${encode(query.applied)}` : ''}` : cursor(offset);
  const link = [{ relation: 'self', url: self }];
  if (!onlyCount && offset + query.count < matches.length) link.push({ relation: 'next', url: cursor(offset + query.count) });
  if (offset > 0) link.push({ relation: 'previous', url: cursor(Math.max(0, offset - query.count)) });
  const head = {
    resourceType: 'Bundle',
    type: 'searchset',
    ...(query.total ? { total: matches.length } : {}),
    link,
  };
  const body = `${JSON.stringify(head).slice(0, -1)}${entries.length > 0 ? `,"entry":[${entries.join(',')}]` : ''}}`;
  return {
    status: 200,
    headers: { 'content-type': 'application/fhir+json; charset=utf-8', 'x-request-id': randomUUID(), 'cache-control': 'private, no-cache' },
    body,
  };
}
