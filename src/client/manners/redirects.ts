import type { WireRequest } from '../../core/model.ts';
import { parseUrl } from '../../core/url.ts';

/** Where a redirect leads: the request to send next, or why it is not sent; undefined when the answer is no redirect. */
export type Hop = { readonly next: WireRequest } | { readonly refused: string } | undefined;

/** Headers that open something: they go to another origin only where the operator trusts it with our tokens. */
const credentials = ['authorization', 'cookie', 'proxy-authorization'];

/**
 * One rule for every request. Within an origin the method and body go along (303: GET); another origin gets GETs only, and never our token unless
 * `trusted` says so. From https to http nothing goes: it would tell the question to everybody on the way.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.4
 */
export function hopOf(
  request: WireRequest,
  answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  trusted: (url: string) => boolean,
): Hop {
  const location = answer.headers['location'];
  if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  if (!URL.canParse(location, request.url)) return { refused: `its Location ${location.slice(0, 200)} is no URL` };
  const to = new URL(location, request.url);
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return { refused: `it leads to ${to.protocol}, which is not HTTP` };
  const from = parseUrl(request.url);
  if (from?.origin.startsWith('https:') && to.protocol === 'http:') return { refused: `it leads from https to plain http (${to.origin})` };
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if (to.origin === new URL(request.url).origin) return { next: { ...(answer.status === 303 && !safe ? asGet(request) : request), url: to.href } };
  if (!safe) return { refused: `it leads a ${request.method} to another origin (${to.origin})` };
  return { next: { ...(trusted(to.href) ? request : withoutCredentials(request)), url: to.href } };
}

function asGet({ url, headers }: WireRequest): WireRequest {
  return { method: 'GET', url, headers: without(headers, ['content-type', 'content-length']) };
}

const withoutCredentials = (request: WireRequest): WireRequest => ({ ...request, headers: without(request.headers, credentials) });
const without = (headers: WireRequest['headers'], names: readonly string[]): WireRequest['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
