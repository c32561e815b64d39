import { gzipSync } from 'node:zlib';
import type { Answer } from './proxy.ts';

const nested = (open: string, close: string, levels = 6259): string =>
  `{"resourceType":"Patient","a":${open.repeat(levels)}1${close.repeat(levels)}}`;
const outcome = (text: string): string =>
  JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception', diagnostics: text }] });

/** What is done to an answer within HTTP. */
export const bodies: Readonly<Record<string, (answer: Answer) => Partial<Answer>>> = {
  'nests lists 6,259 levels deep': () => ({ body: nested('[', ']') }),
  'nests objects 6,259 levels deep': () => ({ body: nested('{"a":', '}') }),
  'holds a list of 100,000 entries': () => ({ body: JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: Array(100_000).fill({}) }) }),
  'holds 5,000 tiny entries': () => ({
    body: JSON.stringify({
      resourceType: 'Bundle',
      type: 'searchset',
      entry: Array.from({ length: 5000 }, (_, id) => ({ resource: { resourceType: 'Basic', id: `b${id}` } })),
    }),
  }),
  'says 8 MB of diagnostics': () => ({ status: 400, body: outcome('x'.repeat(8 * 2 ** 20)) }),
  'names properties like those of every object': () => ({
    body: '{"resourceType":"constructor","__proto__":{"resourceType":"Patient"},"toString":1,"id":{"valueOf":2}}',
  }),
  'starts with a byte order mark': ({ body }) => ({ body: `\uFEFF${String(body)}` }),
  'comes in UTF-16': ({ body }) => ({ body: Buffer.from(String(body), 'utf16le') }),
  'holds bytes that are no UTF-8': () => ({ body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) }),
  'holds NUL, control and direction signs': () => ({ body: outcome('\u0000\u001b]0;owned\u0007\u202Etxt') }),
  'is HTML with a script': ({ headers }) => ({
    headers: { ...headers, 'content-type': 'text/html' },
    body: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  }),
  'is empty': () => ({ body: '' }),
  'is null': () => ({ body: 'null' }),
  'is a number beyond all numbers': () => ({ body: '1e999' }),
  'ends in the middle of a string': ({ body }) => ({ body: String(body).slice(0, String(body).length / 2) }),
  'says every name twice': ({ body }) => ({ body: String(body).replace(/"([A-Za-z]+)":/g, '"$1":null,"$1":') }),
  'is a gzip bomb': ({ headers }) => ({ headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(200 * 2 ** 20)) }),
  'says gzip and is none': ({ headers }) => ({ headers: { ...headers, 'content-encoding': 'gzip' } }),
  'has an encoding that nobody asked for': ({ headers }) => ({ headers: { ...headers, 'content-encoding': 'zstd' } }),
  'has 100 kB of headers': ({ headers }) => ({
    headers: { ...headers, ...Object.fromEntries(Array.from({ length: 50 }, (_, nth) => [`x-${nth}`, 'a'.repeat(2000)])) },
  }),
};

/** What is said by the status alone. */
export const statuses: Readonly<Record<string, (answer: Answer) => Partial<Answer>>> = {
  'answers 500': () => ({ status: 500, body: outcome('broken') }),
  'answers 204 without a body': () => ({ status: 204, body: '' }),
  'answers 999': () => ({ status: 999 }),
  'redirects to itself': ({ headers }) => ({ status: 302, headers: { ...headers, location: '?again' }, body: '' }),
  'redirects to a file': ({ headers }) => ({ status: 302, headers: { ...headers, location: 'file:///etc/passwd' }, body: '' }),
  'redirects to a metadata address': ({ headers }) => ({
    status: 302,
    headers: { ...headers, location: 'http://169.254.169.254/latest/' },
    body: '',
  }),
};

/** "Later", and nothing about what was asked. */
export const later: Readonly<Record<string, (answer: Answer) => Partial<Answer>>> = {
  'answers 503 without end': () => ({ status: 503, body: outcome('later') }),
  'answers 429 and asks for a wait of ten years': ({ headers }) => ({
    status: 429,
    headers: { ...headers, 'retry-after': '315360000' },
    body: outcome('later'),
  }),
};
