import { asArray, at, isJsonMedia, isResource, jsonOf, mediaTypeOf, type Resource } from '../../src/core/fhir.ts';
import {
  all,
  check,
  fail,
  isOfType,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  status,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { alterType, headers, refuse, when } from '../alter.ts';
import { group } from '../group.ts';
import { r4, useCase } from '../sources.ts';
import { statementIn, statements } from './statement.ts';

const refused = (exchange: Exchange): boolean => [401, 403].includes(statusOf(exchange));

function available(evidence: Evidence): Finding {
  const [first] = select(evidence, { step: 'metadata' });
  if (!first) return notReached(evidence, { step: 'metadata' });
  const judge = (exchange: Exchange) =>
    unanswered(exchange) ??
    all(
      () => status(exchange, 200),
      () => isOfType(exchange, 'CapabilityStatement'),
    );
  if (!refused(first)) return judge(first);
  const [retry] = select(evidence, { step: 'metadata', variant: 'with-token' });
  return retry ? judge(retry) : notTestable(`Metadata asks for a token (${statusOf(first)}), and none was at hand to ask again.`, 'ours');
}

/** Prose may be reworded by redaction; what a machine reads is compared. */
const prose = new Set(['name', 'title', 'publisher', 'description', 'purpose', 'copyright', 'documentation', 'text', 'display']);
const bones = (statement: Resource): string => JSON.stringify(statement, (key, value: unknown) => (prose.has(key) ? undefined : value));

function etag(evidence: Evidence): Finding {
  const seen = new Map<string, string>();
  const found = statements(evidence);
  for (const [exchange, statement] of found) {
    const tag = exchange.response?.headers['etag'];
    const body = bones(statement);
    if (tag === undefined) return fail(exchange, 'an ETag on the CapabilityStatement', 'no ETag header');
    if (seen.has(tag) && seen.get(tag) !== body)
      return fail(exchange, 'another ETag when the content differs', `ETag ${tag} on two different bodies`);
    seen.set(tag, body);
  }
  return found.length > 0 ? pass : notTestable('No CapabilityStatement was read (see cc3.metadata.available).', 'payer');
}

/** Versions that a session must not see change. */
const versionData = ['fhirVersion', 'instantiates', 'implementationGuide'] as const;

function stable(evidence: Evidence): Finding {
  const found = statements(evidence);
  const [first] = found;
  if (!first || found.length < 5) return notTestable(`Metadata was read ${found.length} times; five are needed to compare.`, 'payer');
  for (const [exchange, statement] of found.slice(1)) {
    for (const name of versionData) {
      const [before, now] = [first[1], statement].map((each) => JSON.stringify(at(each, name)) ?? 'absent');
      if (before !== now) return fail(exchange, `${name} as in exchange ${first[0].index}: ${before}`, `${now}`);
    }
  }
  return pass;
}

const headFits = (exchange: Exchange): Finding =>
  refused(exchange)
    ? notTestable(`HEAD asks for a token (${statusOf(exchange)}), as GET may.`, 'payer')
    : all(
        () => status(exchange, 200, 405, 501),
        () => check((exchange.response?.body ?? '') === '', exchange, 'no body', 'a body'),
        () => {
          const media = mediaTypeOf(exchange.response);
          return statusOf(exchange) !== 200 || media === '' || isJsonMedia(media)
            ? pass
            : warn(exchange, 'the Content-Type that GET has (RFC 9110 9.3.2)', `Content-Type ${media}`);
        },
      );

export const metadataChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'] }, [
  {
    id: 'cc3.metadata.available',
    level: 'SHALL',
    text: 'Every FHIR server supports the capabilities interaction.',
    source: r4('http.html#capabilities'),
    judge: available,
    faults: [
      {
        name: 'answers the plain request for metadata with 404',
        at: 'metadata',
        alter: when(
          ({ url, method, headers: { accept } }) => method === 'GET' && !url.includes('?') && accept === 'application/fhir+json',
          refuse(404, 'not-found', 'Nothing is here.'),
        ),
        alsoFails: { 'cc1.fast.address-live': 'the directory publishes this very address' },
      },
    ],
  },
  {
    id: 'cc3.metadata.public',
    level: 'FAST',
    text: 'Advice: version and capability data can be read before the client has a token.',
    source: useCase('Scenario 1 line 1'),
    judge: onFirst({ step: 'metadata', where: ({ request }) => request.headers['authorization'] === undefined }, (exchange) =>
      statusOf(exchange) === 200
        ? pass
        : refused(exchange)
          ? fail(exchange, 'metadata without a token', `status ${statusOf(exchange)}`)
          : notTestable(`Metadata answered ${statusOf(exchange)} (see cc3.metadata.available).`, 'payer'),
    ),
    faults: [
      {
        name: 'asks for a token before it shows metadata',
        at: 'metadata',
        alter: refuse(401, 'login', 'Send an access token.'),
        alsoFails: { 'cc1.fast.address-live': 'the directory publishes this very address' },
      },
    ],
  },
  {
    id: 'cc3.metadata.etag',
    level: 'SHOULD',
    text: 'The capability response has an ETag.',
    source: r4('http.html#capabilities'),
    judge: etag,
    faults: [
      { name: 'sends no ETag with metadata', at: 'metadata', alter: headers({ etag: undefined }) },
      {
        name: 'sends one ETag with two different bodies',
        at: 'metadata',
        alter: when(
          ({ url }) => url.includes('_format'),
          alterType('CapabilityStatement', (body) => ({ ...body, date: '2026-02-02T08:00:00Z' })),
        ),
      },
    ],
  },
  {
    id: 'cc3.metadata.mode',
    level: 'MAY',
    text: 'A server may ignore the mode parameter and return its CapabilityStatement.',
    source: r4('http.html#capabilities'),
    probes: [
      {
        id: 'metadata.mode',
        step: 'metadata',
        suite: 'versions',
        request: ({ base }) => (base === undefined ? 'no FHIR base URL is known' : { method: 'GET', url: `${base}/metadata?mode=terminology` }),
      },
    ],
    judge: onFirst({ step: 'metadata', probe: 'metadata.mode' }, (exchange) => {
      const [seen, body] = [statusOf(exchange), jsonOf(exchange.response)];
      if (seen >= 400 && seen < 500) return pass;
      const fits = seen === 200 && (isResource(body, 'CapabilityStatement') || isResource(body, 'TerminologyCapabilities'));
      return check(fits, exchange, 'a CapabilityStatement, TerminologyCapabilities, or a 4xx status', `status ${seen}`);
    }),
    faults: [
      {
        name: 'breaks down on the mode parameter',
        at: 'metadata',
        alter: when(
          ({ url }) => url.includes('mode='),
          refuse(500, 'exception', 'Something failed on our side. Try again later, or contact the help desk.'),
        ),
      },
    ],
  },
  {
    id: 'cc3.fast.version-stable',
    level: 'FAST',
    text: 'Version data do not change between requests in one session.',
    source: useCase('Scenario 1 line 1'),
    judge: stable,
    faults: [
      {
        name: 'has a node behind the balancer that follows other guides',
        at: 'metadata',
        alter: when(
          ({ url }) => url.includes('_format='),
          alterType('CapabilityStatement', (body) => ({ ...body, implementationGuide: asArray(body['implementationGuide']).slice(1) })),
        ),
        alsoFails: { 'cc3.metadata.etag': 'an ETag that stays while the content changes is a miss of its own' },
      },
    ],
  },
  {
    id: 'cc3.http.head',
    level: 'SHALL',
    text: 'HEAD is answered like GET without a body, or refused as HTTP says.',
    source: r4('http.html#head'),
    probes: [
      {
        id: 'metadata.head',
        step: 'metadata',
        suite: 'versions',
        request: ({ base }) => (base === undefined ? 'no FHIR base URL is known' : { method: 'HEAD', url: `${base}/metadata` }),
      },
      {
        id: 'read.head',
        step: 'read',
        suite: 'rest.read',
        request: ({ base, patientId }) =>
          base === undefined || patientId === undefined
            ? 'no Patient is known'
            : { method: 'HEAD', url: `${base}/Patient/${patientId}`, token: 'default' },
      },
    ],
    applies: (evidence) => evidence.exchanges.some((each) => statementIn(each)) || 'GET metadata gave no 200 to compare with.',
    judge: (evidence) => {
      const read = select(evidence, { step: 'read', probe: 'read.head' })[0];
      const twin =
        read && evidence.exchanges.find((each) => each.request.method === 'GET' && each.request.url === read.request.url && statusOf(each) === 200);
      return worst([
        onFirst({ step: 'metadata', probe: 'metadata.head' }, headFits)(evidence),
        ...(read && twin ? [unanswered(read) ?? headFits(read)] : []),
      ]);
    },
    faults: [
      {
        name: 'answers HEAD with 404',
        at: 'metadata',
        alter: when(
          ({ method }) => method === 'HEAD',
          (response) => ({ ...response, status: 404 }),
        ),
      },
      {
        name: 'answers HEAD of a Patient with 404',
        at: 'read',
        alter: when(
          ({ method }) => method === 'HEAD',
          (response) => ({ ...response, status: 404 }),
        ),
      },
    ],
  },
]);
