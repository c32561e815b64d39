import { capabilityOf, resourceEntry } from '../../src/core/capability.ts';
import { asString, at, isResource, jsonOf } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  notApplicable,
  notAsked,
  notTestable,
  onFirst,
  pass,
  select,
  statusOf,
  warn,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Probe } from '../../src/core/model.ts';
import { allScenarios, oneMember } from '../../src/core/steps.ts';
import { alterBody, alterType, headers, instead, refuse, when } from '../alter.ts';
import { anyOf, declaresInteraction } from '../applies.ts';
import { group } from '../group.ts';
import { r4, rfc } from '../sources.ts';

const known = { step: 'read', variant: 'known' } as const;
const ourRequestId = (exchange: Exchange): string | undefined => exchange.request.headers['x-request-id'];
const atKnown = (alter: Parameters<typeof when>[1]) => when(({ headers: sent }) => sent['x-request-id'] !== undefined, alter);

/** Judges a read with an ETag, where the read before it brought one. */
const withEtag =
  (variant: 'conditional' | 'other-etag', judge: (exchange: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const first = onFirst(known, ({ response }) => (response?.headers['etag'] === undefined ? notApplicable('The server sends no ETag.') : pass))(
      evidence,
    );
    return first.outcome === 'pass' ? onFirst({ step: 'read', variant }, judge)(evidence) : first;
  };

/** Well-formed and random: no server has it. */
const nobody = 'x7f2c9d4-no-such-id-51be';

export const unknownId: Probe = {
  id: 'read.unknown-id',
  step: 'read',
  suite: 'rest.read',
  expected: { status: [404], codes: ['not-found'], names: ['Patient', 'id'], action: 'correct' },
  request: ({ base }) => (base === undefined ? 'no FHIR base URL is known' : { method: 'GET', url: `${base}/Patient/${nobody}`, token: 'default' }),
};

/** 404 is right, 403 and 410 are tolerated, and nothing else is. */
export function notFound(exchange: Exchange) {
  const seen = statusOf(exchange);
  if (seen === 404) return pass;
  return seen >= 400 && seen < 500 ? warn(exchange, 'status 404', `status ${seen}`) : fail(exchange, 'status 404', describeBody(exchange));
}

function etagFits(exchange: Exchange): Finding {
  const meta = at(jsonOf(exchange.response), 'meta');
  const [version, updated] = [asString(at(meta, 'versionId')), asString(at(meta, 'lastUpdated'))];
  const { etag, 'last-modified': modified } = exchange.response?.headers ?? {};
  if (version === undefined) return notApplicable('The resource carries no meta.versionId: the server keeps no versions.');
  const plain = etag?.replace(/^W\//, '').replace(/-?gzip"$/, '"');
  if (plain !== `"${version}"`) return fail(exchange, `ETag W/"${version}", as meta.versionId says`, `ETag ${etag ?? 'absent'}`);
  if (modified === undefined || updated === undefined) return pass;
  const seconds = (text: string) => Math.floor(Date.parse(text) / 1000);
  return check(seconds(modified) === seconds(updated), exchange, `Last-Modified as meta.lastUpdated ${updated}`, `Last-Modified ${modified}`);
}

/** Declared, or done all the same. */
const readsPatients = anyOf(
  declaresInteraction('Patient', 'read'),
  (evidence: Evidence) => select(evidence, { step: 'read' }).some((each) => statusOf(each) === 200) || 'No Patient could be read.',
);

export const readChecks: readonly Check[] = group({ scenarios: oneMember, lines: ['L2', 'L5'] }, [
  {
    id: 'rest.read.id',
    level: 'SHALL',
    text: 'A read returns the resource whose id is in the URL.',
    source: r4('http.html#read'),
    applies: readsPatients,
    judge: onFirst(known, (exchange) => {
      const id = decodeURIComponent(exchange.request.url.split('/').pop() ?? '');
      const body = jsonOf(exchange.response);
      if (!isResource(body, 'Patient')) return fail(exchange, `the Patient with id ${id}`, describeBody(exchange));
      return check(body['id'] === id, exchange, `the Patient with id ${id}`, `a Patient with id ${asString(body['id']) ?? 'absent'}`);
    }),
    faults: [
      {
        name: 'answers a read with another id',
        at: 'read',
        alter: atKnown(alterType('Patient', (body) => ({ ...body, id: 'somebody-else1' }))),
        alsoFails: { 'id.authz.compartment': 'the Patient of another id is somebody else' },
      },
      {
        name: 'answers a read with a Bundle',
        at: 'read',
        alsoFails: { 'rest.version.declared': 'the Bundle around it has no versionId' },
        alter: atKnown(alterBody((body) => ({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: body }] }))),
      },
    ],
  },
  {
    id: 'rest.read.not-found',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A read of an unknown id gives 404.',
    source: r4('http.html#read'),
    probes: [unknownId],
    judge: onFirst({ step: 'read', probe: unknownId.id }, notFound),
    faults: [
      {
        name: 'answers 200 for an id that does not exist',
        at: 'read',
        alter: when(
          ({ url }) => url.includes(nobody),
          () => ({ status: 200, headers: { 'content-type': 'application/fhir+json' }, body: '' }),
        ),
        alsoFails: { 'rest.usc.response-classes': 'US Core repeats the rule about 404 for an unknown resource' },
      },
    ],
  },
  {
    id: 'rest.read.etag',
    level: 'SHOULD',
    text: 'Reads return ETag and Last-Modified that agree with meta.',
    source: r4('http.html#read'),
    judge: (evidence) => {
      const reads = [...select(evidence, known), ...select(evidence, { step: 'directory.endpoint', variant: 'read' })].filter(
        (each) => statusOf(each) === 200,
      );
      return reads.length === 0 ? onFirst(known, etagFits)(evidence) : worst(reads.map(etagFits));
    },
    faults: [
      { name: 'sends an ETag that is not the version', at: 'read', alter: atKnown(headers({ etag: 'W/"4711"' })) },
      {
        name: 'sends a Last-Modified that meta contradicts',
        at: 'read',
        alter: atKnown(headers({ 'last-modified': 'Mon, 01 Jan 2001 00:00:00 GMT' })),
      },
    ],
  },
  {
    id: 'rest.read.gone',
    level: 'MAY',
    lines: ['L7'],
    text: 'A read of a deleted resource gives 410 when deletions are tracked (404 otherwise).',
    source: r4('http.html#read'),
    applies: ({ target }) => target.knownResources?.['deleted'] !== undefined || notAsked('knownResources.deleted', 'a resource that was deleted'),
    probes: [
      {
        id: 'read.deleted',
        step: 'read',
        suite: 'rest.read',
        expected: { status: [410, 404], codes: ['deleted', 'not-found'], names: ['deleted', 'id'], action: 'correct' },
        request: ({ base, target }) => {
          const deleted = target.knownResources?.['deleted'];
          if (base === undefined || deleted === undefined) return 'the target file names no deleted resource (knownResources.deleted)';
          return { method: 'GET', url: `${base}/${deleted}`, token: 'default' };
        },
      },
    ],
    judge: onFirst({ step: 'read', probe: 'read.deleted' }, (exchange) =>
      check([410, 404, 403].includes(statusOf(exchange)), exchange, 'status 410 or 404 for a deleted resource', describeBody(exchange)),
    ),
    faults: [
      {
        name: 'still shows a deleted resource',
        at: 'read',
        alter: (response, request) =>
          response.status === 410
            ? instead(200, { resourceType: 'Observation', id: request.url.split('/').pop() ?? '', status: 'final', code: { text: 'old content' } })(
                response,
                request,
              )
            : response,
      },
    ],
  },
  {
    id: 'rest.read.conditional',
    level: 'MAY',
    text: 'If-None-Match with the current ETag gives 304 or the full content.',
    source: r4('http.html#cread'),
    judge: withEtag('conditional', (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 304) return check(exchange.response?.body === '', exchange, '304 without a body', '304 with a body');
      return check(seen === 200 && isResource(jsonOf(exchange.response)), exchange, '304, or 200 with the resource', describeBody(exchange));
    }),
    faults: [
      {
        name: 'answers If-None-Match with 412',
        at: 'read',
        alter: when(({ headers: sent }) => sent['if-none-match'] !== undefined, refuse(412, 'conflict', 'The version does not match.')),
      },
    ],
  },
  {
    id: 'rest.read.stale',
    level: 'SHALL',
    lines: ['L2'],
    text: 'If-None-Match with the ETag of another version gives the resource: only for the current one "the condition is false" (RFC 9110 13.1.2), and 304 would leave an old record with the reader.',
    source: rfc(9110, '2022', '13.1.2'),
    judge: withEtag('other-etag', (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 304)
        return fail(exchange, `200 with the resource, as If-None-Match names another version (${exchange.request.headers['if-none-match']})`, '304');
      return seen === 200 && isResource(jsonOf(exchange.response))
        ? pass
        : notTestable(`If-None-Match with another ETag answered ${describeBody(exchange)}.`, 'payer');
    }),
    faults: [
      {
        name: 'answers 304 whatever ETag it is given',
        at: 'read',
        alter: when(
          ({ headers: sent }) => sent['if-none-match'] !== undefined,
          (response) => ({ ...response, status: 304, body: '' }),
        ),
      },
    ],
  },
  {
    id: 'rest.read.no-version',
    level: 'SHALL',
    lines: ['L2'],
    text: 'A server that declares no versioning sends no meta.versionId.',
    source: r4('http.html#versions'),
    applies: (evidence) => {
      // Who declares nothing has not declared that it keeps no versions.
      const declared = resourceEntry(capabilityOf(evidence), 'Patient')?.['versioning'];
      return declared === 'no-version' || 'The payer does not declare versioning no-version for Patient.';
    },
    judge: onFirst(known, (exchange) => {
      const version = at(jsonOf(exchange.response), 'meta', 'versionId');
      return check(
        version === undefined,
        exchange,
        'no meta.versionId, as versioning is no-version',
        `meta.versionId ${asString(version) ?? 'present'}`,
      );
    }),
    faults: [
      {
        name: 'declares no versions and sends them',
        at: ['metadata', 'read'],
        drives: ['rest.read'],
        alter: (response) =>
          response.body.includes('"CapabilityStatement"')
            ? { ...response, body: response.body.replaceAll('"versioning":"versioned"', '"versioning":"no-version"') }
            : response,
      },
    ],
  },
  {
    id: 'rest.http.request-id',
    level: 'MAY',
    lines: ['L7'],
    scenarios: allScenarios,
    text: 'The server returns an X-Request-Id and echoes the one from the client (or puts it in X-Correlation-Id).',
    source: r4('http.html#custom'),
    judge: onFirst(known, (exchange) => {
      const { 'x-request-id': own, 'x-correlation-id': correlated } = exchange.response?.headers ?? {};
      const sent = ourRequestId(exchange);
      if (own === undefined) return fail(exchange, 'an X-Request-Id in the answer', 'no X-Request-Id');
      return check(
        own === sent || correlated === sent,
        exchange,
        `our id ${sent} in X-Request-Id or X-Correlation-Id`,
        `X-Request-Id ${own}, X-Correlation-Id ${correlated ?? 'absent'}`,
      );
    }),
    faults: [{ name: 'gives a read no request id', at: 'read', alter: atKnown(headers({ 'x-request-id': undefined })) }],
  },
  {
    id: 'rest.http.utf8',
    level: 'SHALL',
    text: 'FHIR content is UTF-8.',
    source: r4('http.html#mime-type'),
    applies: ({ target }) =>
      (target.knownResources?.['nonAscii'] !== undefined && target.knownResources['nonAsciiText'] !== undefined) ||
      notAsked('knownResources.nonAscii and knownResources.nonAsciiText', 'a resource with non-ASCII text, and that text'),
    judge: onFirst({ step: 'read', variant: 'non-ascii' }, (exchange, { target }) => {
      if (statusOf(exchange) !== 200) return notTestable(`The resource with non-ASCII text answered ${statusOf(exchange)}.`, 'payer');
      const text = target.knownResources?.['nonAsciiText'] ?? '';
      const charset = /charset\s*=\s*"?([^";]+)/i.exec(exchange.response?.headers['content-type'] ?? '')?.[1];
      return worst([
        check(charset === undefined || /^utf-?8$/i.test(charset), exchange, 'charset UTF-8', `charset ${charset}`),
        check(exchange.response?.body.includes(text) === true, exchange, `the text ${text} as it was entered`, 'other characters in its place'),
      ]);
    }),
    faults: [
      {
        name: 'reads UTF-8 as Latin-1 and encodes it again',
        at: 'read',
        alter: (response) => ({
          ...response,
          body: response.body.replace(/[^\u0000-\u007f]/g, (letter) =>
            encodeURIComponent(letter).replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          ),
        }),
      },
    ],
  },
  {
    id: 'rest.http.cors',
    level: 'SHOULD',
    text: 'The API supports cross-origin requests.',
    source: r4('http.html', 'http.html (security note)'),
    judge: onFirst({ step: 'preflight' }, (exchange) =>
      check(
        exchange.response?.headers['access-control-allow-origin'] !== undefined,
        exchange,
        'Access-Control-Allow-Origin on a preflight',
        `status ${statusOf(exchange)} without it`,
      ),
    ),
    faults: [{ name: 'knows no cross-origin requests', at: 'preflight', alter: headers({ 'access-control-allow-origin': undefined }) }],
  },
]);
