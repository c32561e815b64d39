import { gzipSync } from 'node:zlib';
import { isObject, parseJson } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { MockReply } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { deep } from './respell.ts';
import type { Shape } from './shape.ts';

/** The FHIR JSON of an answer, changed; other bodies stay. */
const resources =
  (change: (value: Json) => Json) =>
  (reply: MockReply): MockReply => {
    if (reply.stream !== undefined || reply.pack !== undefined || !/fhir\+json/.test(reply.headers['content-type'] ?? '')) return reply;
    const value = parseJson(reply.body);
    return value === undefined ? reply : { ...reply, body: JSON.stringify(deep(value, change)) };
  };

const clinical = new Set(['Patient', 'Coverage', 'Observation', 'Condition', 'ExplanationOfBenefit', 'Group', 'Organization']);
const marked = (value: Json): Json =>
  isObject(value) && clinical.has(String(value['resourceType']))
    ? {
        ...value,
        extension: [
          ...((value['extension'] ?? []) as readonly Json[]),
          { url: 'https://sunrise-plan.example.org/fhir/StructureDefinition/source-system', valueString: 'mainframe' },
        ],
      }
    : value;

const coded = new Set(['http://loinc.org', 'http://snomed.info/sct', 'http://terminology.hl7.org/CodeSystem/claim-type']);
const withOwnCode = (value: Json): Json => {
  if (!isObject(value) || !Array.isArray(value['coding'])) return value;
  const [first] = value['coding'] as readonly Json[];
  return isObject(first) && coded.has(String(first['system']))
    ? { ...value, coding: [{ system: 'https://sunrise-plan.example.org/codes', code: `own-${first['code']}` }, ...value['coding']] }
    : value;
};

/** What a payer's servers, gateways and stores do to answers on the wire. */
export const wireShapes: readonly Shape[] = [
  {
    id: 'extra-extensions',
    title: 'puts an extension of its own on resources',
    legalBecause: 'R4 extensibility: any element may have extensions, and "applications SHALL NOT reject resources merely because" of them.',
    proxy: { after: resources(marked) },
  },
  {
    id: 'own-code-first',
    title: 'puts a code of its own before the published one, and searches by the published one only',
    legalBecause: 'R4 CodeableConcept: "a given concept can be coded multiple times", in no order. The codes of its own are for its own screens.',
    proxy: { after: resources(withOwnCode) },
  },
  {
    id: 'absolute-references',
    title: 'refers to its own resources by absolute URL',
    legalBecause: 'R4 references: a literal reference may be absolute.',
    proxy: {
      after: (reply, { path }, { origin }) =>
        path.startsWith('/fhir/')
          ? resources((value) =>
              isObject(value) && typeof value['reference'] === 'string' && /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]+$/.test(value['reference'])
                ? { ...value, reference: `${origin}/fhir/${value['reference']}` }
                : value,
            )(reply)
          : reply,
    },
  },
  {
    id: 'compresses',
    title: 'sends every answer in gzip to whoever takes it',
    legalBecause: 'RFC 9110 8.4: content coding by Accept-Encoding.',
    proxy: {
      after: (reply, { headers }) =>
        reply.body === '' || reply.stream !== undefined || reply.pack !== undefined || !/\bgzip\b/.test(headers['accept-encoding'] ?? '')
          ? reply
          : {
              ...reply,
              headers: { ...reply.headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' },
              pack: (body) => new Uint8Array(gzipSync(body)),
            },
    },
  },
  {
    id: 'gateway-headers',
    title: 'stands behind a gateway that adds headers',
    legalBecause: 'RFC 9110: clients ignore header fields that they do not know.',
    proxy: {
      after: (reply) => ({
        ...reply,
        headers: {
          ...reply.headers,
          via: '1.1 gateway',
          server: 'gateway',
          'strict-transport-security': 'max-age=31536000',
          'set-cookie': 'lb=7; Path=/; HttpOnly',
          'x-correlation-id': reply.headers['x-request-id'] ?? 'none',
        },
      }),
    },
  },
  {
    id: 'closes-connections',
    title: 'closes the connection after every answer',
    legalBecause: 'RFC 9112 9.6: a server may close a connection with "Connection: close".',
    proxy: { after: (reply) => ({ ...reply, headers: { ...reply.headers, connection: 'close' } }) },
  },
  {
    id: 'null-members',
    title: 'writes null for what it does not have in OAuth answers',
    legalBecause: 'RFC 6749 and SMART leave further members of the answer to the server.',
    proxy: {
      after: (reply, { path }) => {
        const value = path.endsWith('/token') ? parseJson(reply.body) : undefined;
        return isObject(value) ? { ...reply, body: JSON.stringify({ ...value, refresh_token: null, patient: null }) } : reply;
      },
    },
  },
  {
    id: 'retry-after-date',
    title: 'says when to poll again as a date',
    legalBecause: 'RFC 9110 10.2.3: Retry-After is seconds or an HTTP date.',
    proxy: {
      after: (reply) =>
        reply.headers['retry-after'] === undefined || reply.status !== 202
          ? reply
          : { ...reply, headers: { ...reply.headers, 'retry-after': new Date().toUTCString() } },
    },
  },
  {
    id: 'file-redirects',
    title: 'sends who asks for a file on to a signed URL',
    legalBecause: 'RFC 9110 15.4.8: 307 keeps the method; Bulk Data does not forbid a redirect of a file within the same origin.',
    proxy: {
      before: ({ path, query, url }) =>
        path.startsWith('/bulk-files/') && !query.has('signature')
          ? { status: 307, headers: { location: `${url}?signature=1` }, body: '' }
          : undefined,
    },
  },
  {
    id: 'no-delete',
    title: 'does not let exports be cancelled',
    legalBecause: 'Bulk Data 3.0: "MAY support" DELETE; otherwise 4XX with an OperationOutcome.',
    proxy: {
      before: ({ method, path }) =>
        method === 'DELETE' && path.startsWith('/fhir/jobs/')
          ? outcome({
              status: 405,
              code: 'not-supported',
              text: 'Exports cannot be cancelled here; they expire by themselves. Correct the request: leave DELETE out.',
              expression: 'http.method',
              headers: { allow: 'GET' },
            })
          : undefined,
    },
  },
];
