import { isObject, parseJson } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { MockReply, MockRequest } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import type { Shape } from './shape.ts';

/** The JSON of an answer, changed; other bodies stay. */
const json =
  (change: (value: Json) => Json) =>
  (reply: MockReply): MockReply => {
    if (reply.stream !== undefined || reply.pack !== undefined || !/json$|json;/.test(reply.headers['content-type'] ?? '')) return reply;
    const value = parseJson(reply.body);
    return value === undefined ? reply : { ...reply, body: JSON.stringify(change(value)) };
  };

const everywhere =
  (change: (value: { readonly [name: string]: Json }) => { readonly [name: string]: Json }) =>
  (value: Json): Json => {
    if (Array.isArray(value)) return (value as readonly Json[]).map(everywhere(change));
    if (!isObject(value)) return value;
    return change(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, everywhere(change)(each)])));
  };

/** Of a searchset the entries of one mode, turned round. */
const turned = everywhere((value) =>
  value['resourceType'] === 'Bundle' && value['type'] === 'searchset' && Array.isArray(value['entry'])
    ? { ...value, entry: [...(value['entry'] as readonly Json[])].reverse() }
    : value,
);

const isFhir = ({ path }: MockRequest): boolean => path.startsWith('/fhir/') && !path.includes('/.well-known/');

/** How a payer and the machines before it word their answers. */
export const mannerShapes: readonly Shape[] = [
  {
    id: 'reorders-keys',
    title: 'writes the members of JSON objects in another order',
    legalBecause: 'RFC 8259: an object is an unordered collection; R4 JSON: "Properties can appear in any order".',
    proxy: { after: json(everywhere((value) => Object.fromEntries(Object.entries(value).reverse()))) },
  },
  {
    id: 'reorders-entries',
    title: 'lists search results in another order at every second asking',
    legalBecause: 'R4 search: without _sort "the order of the results is at the discretion of the server".',
    proxy: {
      after: (reply, request, payer) => {
        const times = payer.memory('shape.times', () => new Map<string, number>());
        const time = (times.get(request.url) ?? 0) + 1;
        times.set(request.url, time);
        return time % 2 === 0 && !request.url.includes('_sort') && !request.path.includes('$') ? json(turned)(reply) : reply;
      },
    },
  },
  {
    id: 'redirects',
    title: 'sends every read and search on to the same path with a tenant',
    legalBecause: 'RFC 9110 15.4.8: 307 keeps the method; no guide forbids a redirect within the same origin.',
    proxy: {
      before: (request) =>
        isFhir(request) && request.method === 'GET' && !request.query.has('tenant') && !request.path.includes('/jobs/')
          ? { status: 307, headers: { location: `${request.url}${request.url.includes('?') ? '&' : '?'}tenant=1`, 'content-length': '0' }, body: '' }
          : undefined,
      inside: (request) => {
        const query = new URLSearchParams(request.query);
        query.delete('tenant');
        return { ...request, query, url: request.url.replace(/[?&]tenant=1/, '') };
      },
    },
  },
  {
    id: 'sixty-a-second',
    title: "takes sixty requests in a row and then asks for a second's rest",
    legalBecause: 'RFC 6585: 429 with Retry-After.',
    proxy: {
      before: (_request, payer) => {
        const bucket = payer.memory('shape.bucket', () => ({ taken: 0, since: Date.now() }));
        if (Date.now() - bucket.since > 1000) Object.assign(bucket, { taken: 0, since: Date.now() });
        bucket.taken += 1;
        return bucket.taken <= 60
          ? undefined
          : outcome({
              status: 429,
              code: 'throttled',
              text: 'Sixty requests a second is the limit here. Wait a second and send the request again.',
              headers: { 'retry-after': '1' },
            });
      },
    },
  },
  {
    id: 'slow-jobs',
    title: 'takes a dozen polls for each export',
    legalBecause: 'Bulk Data sets no time for a job.',
    rules: { pollsUntilDone: () => 12 },
    target: (target) => ({ ...target, bulk: { ...target.bulk, maxWait: 30 } }),
  },
  {
    id: 'files-elsewhere',
    title: 'keeps bulk files at another origin that wants no token',
    legalBecause:
      'Bulk Data: "These URLs MAY be served by file servers other than a FHIR-specific server."; requiresAccessToken false. ATR, which wants tokens, is not claimed.',
    lacks: { guides: ['hl7.fhir.us.davinci-atr'] },
    rules: { saysTokenNeeded: () => false, filesNeedToken: () => false, filesAt: (origin) => origin.replace('127.0.0.1', 'localhost') },
    proxy: {
      before: ({ path, headers }) =>
        path.startsWith('/bulk-files/') && headers['authorization'] !== undefined
          ? { status: 400, headers: { 'content-type': 'application/xml' }, body: '<Error><Code>InvalidArgument</Code></Error>' }
          : undefined,
    },
  },
  {
    id: 'no-total',
    title: 'counts no search results and sends them in pages of seven',
    legalBecause: "R4 Bundle.total is optional; the page size is the server's choice.",
    rules: { pageSize: (asked) => Math.min(asked, 7) },
    proxy: {
      after: json((value) => {
        if (!isObject(value) || value['type'] !== 'searchset' || !Array.isArray(value['entry'])) return value;
        const { total: _total, ...rest } = value;
        return rest;
      }),
    },
  },
];
