import type { WireRequest } from '../../src/core/model.ts';

/** Where redaction left a stand-in, plain or percent-encoded: `‹client_assertion:9f2b›`. */
const redacted = /‹([\w.-]+):[^›]*›|%E2%80%B9([\w.-]+)(?:%3A|:).*?%E2%80%BA/gi;
/** curl sets these itself; repeating them would only mislead. */
const own = new Set(['host', 'content-length', 'connection', 'user-agent', 'accept-encoding']);
const longest = 1500;

/**
 * A shell line that repeats the request. Secrets stand as variables ($TOKEN, $CLIENT_ASSERTION), never as values; a long body is read from a file.
 * Everything else is single-quoted, so nothing in it is run by the shell.
 */
export function curlOf(request: WireRequest): string {
  const parts = ['curl -sS -i'];
  if (request.method !== 'GET') parts.push(`-X ${quote(request.method)}`);
  for (const [name, value] of Object.entries(request.headers)) if (!own.has(name)) parts.push(`-H ${header(name, value)}`);
  if (request.body !== undefined && request.body !== '')
    parts.push(request.body.length > longest ? '--data-binary @request-body' : `--data-binary ${quote(request.body)}`);
  if (request.headers['accept-encoding'] !== undefined) parts.push('--compressed');
  parts.push(quote(request.url));
  return parts.join(' ');
}

function header(name: string, value: string): string {
  if (name !== 'authorization') return quote(`${name}: ${value}`);
  const [scheme = 'Bearer'] = value.split(' ');
  return `"Authorization: ${/^[A-Za-z-]+$/.test(scheme) ? scheme : 'Bearer'} $TOKEN"`;
}

/** Single quotes round everything, double quotes round the variables that stand for secrets. */
function quote(text: string): string {
  let out = '';
  let from = 0;
  for (const match of text.matchAll(redacted)) {
    out += `${single(text.slice(from, match.index))}"$${(match[1] ?? match[2] ?? 'SECRET').toUpperCase().replace(/[^A-Z0-9]/g, '_')}"`;
    from = match.index + match[0].length;
  }
  return out + single(text.slice(from)) || "''";
}

const single = (text: string): string => (text === '' ? '' : /^[\w.:=-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

/** What somebody must have at hand to repeat a line of `curlOf`; empty when it is complete as it stands. */
export function neededFor(curl: string): string {
  const names = [...new Set([...curl.matchAll(/"\$([A-Z][A-Z0-9_]*)"|\$(TOKEN)\b/g)].map(([, name, token]) => name ?? token ?? ''))];
  return [
    ...(names.includes('TOKEN') ? ['$TOKEN: an access token that this payer gave you.'] : []),
    ...names.filter((name) => name !== 'TOKEN').map((name) => `$${name}: a value of your own; ours is not kept.`),
    ...(curl.includes('@request-body') ? ['request-body: a file with the body of the request, as the whole exchange shows it.'] : []),
  ].join(' ');
}
