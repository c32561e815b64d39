import type { Exchange, Run, WireRequest, WireResponse } from '../../src/core/model.ts';
import { visible } from '../../src/core/visible.ts';

/**
 * The conversation as HAR 1.2, for browsers' network panels and other tools that draw one: what was kept of it, redacted as run.json is.
 * An answer that never came has status 0, as browsers write it. Source: http://www.softwareishard.com/blog/har-12-spec/
 */
export function renderHar(run: Run): string {
  const { name, version } = run.tool;
  return `${JSON.stringify({ log: { version: '1.2', creator: { name, version }, pages: [], entries: run.exchanges.filter(travelled).map(entryOf) } }, null, 1)}\n`;
}

/** What stood on a screen travelled nowhere. */
const travelled = ({ step }: Exchange): boolean => step !== 'app.seen';

function entryOf({ index, suite, step, probe, request, response, error, startedAt, timing, size }: Exchange) {
  const timings = timingsOf(timing);
  return {
    startedDateTime: startedAt,
    // The specification wants the sum of its parts, so that no viewer draws a gap; -1 stands for what does not apply.
    time: sum([timings.dns, timings.connect, timings.send, timings.wait, timings.receive]),
    request: requestOf(request, size.sent),
    response: responseOf(response, size),
    cache: {},
    timings,
    comment: visible(
      [
        `exchange ${index}`,
        suite,
        step,
        ...(probe ? [`deliberately wrong: ${probe}`] : []),
        ...(error ? [`${error.code}: ${error.message}`] : []),
      ].join(', '),
    ),
  };
}

/** ms. `connect` holds the TLS handshake, which `ssl` says once more. */
function timingsOf({ dns = 0, connect = 0, tls = 0, firstByte, total }: Exchange['timing']) {
  const before = dns + connect + tls;
  const wait = firstByte ?? Math.max(0, total - before);
  return { blocked: -1, dns, connect: connect + tls, ssl: tls, send: 0, wait, receive: Math.max(0, total - before - wait) };
}

function requestOf({ method, url, headers, body }: WireRequest, sent: number) {
  return {
    method,
    url: uriOf(url),
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: headersOf(headers),
    queryString: queryOf(url),
    headersSize: -1,
    bodySize: sent,
    ...(body === undefined ? {} : { postData: { mimeType: headers['content-type'] ?? '', text: body, params: [] } }),
  };
}

function responseOf(response: WireResponse | null, { received, decoded }: Exchange['size']) {
  const headers = response?.headers ?? {};
  return {
    status: response?.status ?? 0,
    statusText: '',
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: headersOf(headers),
    content: { size: decoded, mimeType: visible(headers['content-type'] ?? 'x-unknown'), ...(response ? { text: response.body } : {}) },
    redirectURL: visible(headers['location'] ?? ''),
    headersSize: -1,
    bodySize: response ? received : -1,
  };
}

const headersOf = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => ({ name: visible(name), value: visible(value) }));

/** A stand-in of our redaction, or a URL that a server made up, may hold signs that no URI has: they are written as percent codes. */
const uriOf = (url: string): string => visible(url).replace(/%(?![\da-f]{2})|[^\w\-.~:/?#[\]@!$&'()*+,;=%]/giu, encodeURIComponent);

/** Read by hand: a stand-in of our redaction, or a URL that a server made up, need not be one that a parser takes. */
function queryOf(url: string) {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? '';
  return query
    .split('&')
    .filter((each) => each !== '')
    .map((each) => {
      const at = each.indexOf('=');
      return at < 0 ? { name: plain(each), value: '' } : { name: plain(each.slice(0, at)), value: plain(each.slice(at + 1)) };
    });
}

function plain(text: string): string {
  try {
    return visible(decodeURIComponent(text.replace(/\+/g, ' ')));
  } catch {
    return visible(text);
  }
}

const sum = (parts: readonly number[]): number => parts.reduce((total, each) => total + each, 0);
