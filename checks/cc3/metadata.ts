import { asArray, asString, at, isObject, isResource, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import {
  all,
  answered,
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
  warn,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { editType, headers, refuse, when, without } from '../alter.ts';
import { anyOf, claims, claimsUsCore, guides } from '../applies.ts';
import { onStatement, statementIn, statements } from './statement.ts';

/** FHIR-version codes of R4. Source: http://hl7.org/fhir/R4/valueset-FHIR-version.html */
const versionCodes =
  /^(0\.01|0\.05|0\.06|0\.11|0\.0\.8[02]|0\.[45]\.0|1\.[0-8]\.[0-2]|3\.[0-35]\.[01a]|3\.0\.2|4\.[0-6]\.\d(-.+)?|5\.0\.0(-.+)?|6\.0\.0(-.+)?)$/;

const refused = (exchange: Exchange): boolean => [401, 403].includes(statusOf(exchange));

function available(evidence: Evidence): Finding {
  const [first] = select(evidence, { step: 'metadata' });
  if (!first) return notReached(evidence, { step: 'metadata' });
  const judge = (exchange: Exchange) =>
    answered(exchange) ??
    all(
      () => status(exchange, 200),
      () => isOfType(exchange, 'CapabilityStatement'),
    );
  if (!refused(first)) return judge(first);
  const [retry] = select(evidence, { step: 'metadata', variant: 'with-token' });
  return retry ? judge(retry) : notTestable(`Metadata asks for a token (${statusOf(first)}), and none was at hand to ask again.`);
}

/** Steps whose answers are not FHIR, or whose media type is settled elsewhere. */
const notFhir = new Set([
  'token',
  'udap.token',
  'register',
  'introspect',
  'jwks',
  'crl',
  'tls',
  'smart.configuration',
  'udap.metadata',
  'wellknown.davinci',
]);
const ownRules = /^(cds|bulk|ehr)\.|^(binary|app-link|plain-http)$/;

function contentType({ exchanges }: Evidence): Finding {
  const fhirJson = exchanges.filter(
    ({ step, request, response }) =>
      !notFhir.has(step) &&
      !ownRules.test(step) &&
      request.headers['accept'] === 'application/fhir+json' &&
      response !== null &&
      !/[?&]_format=/.test(request.url) &&
      isResource(jsonOf(response)),
  );
  if (fhirJson.length === 0) return notTestable('No answer held a FHIR resource.');
  return worst(
    fhirJson.map((exchange) => {
      const media = mediaTypeOf(exchange.response);
      return check(media === 'application/fhir+json', exchange, 'Content-Type application/fhir+json', `Content-Type ${media || 'absent'}`);
    }),
  );
}

function etag(evidence: Evidence): Finding {
  const seen = new Map<string, string>();
  const found = statements(evidence);
  for (const [exchange] of found) {
    const tag = exchange.response?.headers['etag'];
    const body = exchange.response?.body ?? '';
    if (tag === undefined) return fail(exchange, 'an ETag on the CapabilityStatement', 'no ETag header');
    if (seen.has(tag) && seen.get(tag) !== body)
      return fail(exchange, 'another ETag when the content differs', `ETag ${tag} on two different bodies`);
    seen.set(tag, body);
  }
  return found.length > 0 ? pass : notTestable('No CapabilityStatement was read (see cc3.metadata.available).');
}

/** Versions that a session must not see change. */
const versionData = ['fhirVersion', 'instantiates', 'implementationGuide'] as const;

function stable(evidence: Evidence): Finding {
  const found = statements(evidence);
  const [first] = found;
  if (!first || found.length < 5) return notTestable(`Metadata was read ${found.length} times; five are needed to compare.`);
  for (const [exchange, statement] of found.slice(1)) {
    for (const name of versionData) {
      const [before, now] = [first[1], statement].map((each) => JSON.stringify(at(each, name)) ?? 'absent');
      if (before !== now) return fail(exchange, `${name} as in exchange ${first[0].index}: ${before}`, `${now}`);
    }
  }
  return pass;
}

const json = /^(json|application\/(fhir\+)?json)\s*(;|$)/i;

export const metadataChecks: readonly Check[] = [
  {
    id: 'cc3.metadata.available',
    level: 'SHALL',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'Every FHIR server supports the capabilities interaction.',
    source: { ig: 'hl7.fhir.r4.core', version: '4.0.1', url: 'http://hl7.org/fhir/R4/http.html#capabilities', section: 'http.html#capabilities' },
    judge: available,
    faults: [
      {
        name: 'answers the plain request for metadata with 404',
        at: 'metadata',
        alter: when(
          ({ url, method, headers: { accept } }) => method === 'GET' && !url.includes('?') && accept === 'application/fhir+json',
          refuse(404, 'not-found', 'Nothing is here.'),
        ),
      },
    ],
  },
  {
    id: 'cc3.metadata.public',
    level: 'FAST',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'Advice: version and capability data can be read before the client has a token.',
    source: { ig: 'FAST use case: provider requests patient information from plan', version: '', url: '', section: 'Scenario 1 line 1' },
    judge: onFirst({ step: 'metadata', where: ({ request }) => request.headers['authorization'] === undefined }, (exchange) =>
      statusOf(exchange) === 200
        ? pass
        : refused(exchange)
          ? fail(exchange, 'metadata without a token', `status ${statusOf(exchange)}`)
          : notTestable(`Metadata answered ${statusOf(exchange)} (see cc3.metadata.available).`),
    ),
    faults: [{ name: 'asks for a token before it shows metadata', at: 'metadata', alter: refuse(401, 'login', 'Send an access token.') }],
  },
  {
    id: 'cc3.metadata.fhir-version',
    level: 'SHALL',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'The capability statement states one FHIR version from the FHIRVersion codes.',
    source: {
      ig: 'hl7.fhir.r4.core',
      version: '4.0.1',
      url: 'http://hl7.org/fhir/R4/capabilitystatement.html',
      section: 'capabilitystatement.html CapabilityStatement.fhirVersion',
    },
    judge: onStatement((statement, exchange) => {
      const version = asString(at(statement, 'fhirVersion'));
      if (version === '4.0.0') return warn(exchange, 'fhirVersion 4.0.1', 'fhirVersion 4.0.0');
      return check(
        version !== undefined && versionCodes.test(version),
        exchange,
        'fhirVersion with a FHIR-version code such as 4.0.1',
        `fhirVersion ${version ?? 'absent'}`,
      );
    }),
    faults: [
      {
        name: 'writes the FHIR version as free text',
        at: 'metadata',
        alter: editType('CapabilityStatement', (body) => ({ ...body, fhirVersion: 'R4' })),
      },
    ],
  },
  {
    id: 'cc3.metadata.content-type',
    level: 'SHALL',
    lines: ['L1', 'L7'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'FHIR JSON responses use the MIME type application/fhir+json.',
    source: { ig: 'hl7.fhir.r4.core', version: '4.0.1', url: 'http://hl7.org/fhir/R4/http.html#mime-type', section: 'http.html#mime-type' },
    judge: contentType,
    faults: [
      { name: 'labels FHIR JSON as plain JSON', at: 'metadata', alter: headers({ 'content-type': 'application/json' }) },
      {
        name: 'labels FHIR JSON as HTML',
        at: 'versions',
        alter: when(({ headers: { accept } }) => accept === 'application/fhir+json', headers({ 'content-type': 'text/html' })),
      },
    ],
  },
  {
    id: 'cc3.metadata.etag',
    level: 'SHOULD',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'The capability response has an ETag.',
    source: { ig: 'hl7.fhir.r4.core', version: '4.0.1', url: 'http://hl7.org/fhir/R4/http.html#capabilities', section: 'http.html#capabilities' },
    judge: etag,
    faults: [
      { name: 'sends no ETag with metadata', at: 'metadata', alter: headers({ etag: undefined }) },
      {
        name: 'sends one ETag with two different bodies',
        at: 'metadata',
        alter: when(
          ({ url }) => url.includes('_format'),
          editType('CapabilityStatement', (body) => ({ ...body, purpose: 'Another text' })),
        ),
      },
    ],
  },
  {
    id: 'cc3.metadata.format',
    level: 'SHALL',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'JSON is a supported and declared format.',
    source: {
      ig: 'hl7.fhir.us.core',
      version: '7.0.0',
      url: 'http://hl7.org/fhir/us/core/STU7/CapabilityStatement-us-core-server.html',
      section: 'CapabilityStatement-us-core-server.html rest.documentation',
    },
    applies: anyOf(claimsUsCore(), claims(guides.planNet)),
    judge: onStatement((statement, exchange) => {
      const formats = asArray(at(statement, 'format')).flatMap((each) => asString(each) ?? []);
      return check(
        formats.some((each) => json.test(each)),
        exchange,
        'json or application/fhir+json in CapabilityStatement.format',
        `format ${formats.join(', ') || 'absent'}`,
      );
    }),
    faults: [
      {
        name: 'declares Turtle only',
        at: 'metadata',
        alter: editType('CapabilityStatement', (body) => ({ ...body, format: ['application/fhir+turtle'] })),
      },
    ],
  },
  {
    id: 'cc3.metadata.mode',
    level: 'MAY',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'A server may ignore the mode parameter and return its CapabilityStatement.',
    source: { ig: 'hl7.fhir.r4.core', version: '4.0.1', url: 'http://hl7.org/fhir/R4/http.html#capabilities', section: 'http.html#capabilities' },
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
    id: 'cc3.metadata.kind-instance',
    level: 'SHOULD',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'A live server describes itself as kind=instance.',
    source: { ig: 'hl7.fhir.r4.core', version: '4.0.1', url: 'http://hl7.org/fhir/R4/capabilitystatement.html', section: 'capabilitystatement.html' },
    judge: onStatement((statement, exchange) =>
      check(at(statement, 'kind') === 'instance', exchange, 'kind instance', `kind ${asString(at(statement, 'kind')) ?? 'absent'}`),
    ),
    faults: [
      {
        name: 'describes requirements instead of itself',
        at: 'metadata',
        alter: editType('CapabilityStatement', (body) => ({ ...without(body, 'software', 'implementation'), kind: 'requirements' })),
      },
    ],
  },
  {
    id: 'cc3.metadata.valid',
    level: 'SHALL',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'The capability statement is a valid R4 CapabilityStatement.',
    source: {
      ig: 'hl7.fhir.r4.core',
      version: '4.0.1',
      url: 'http://hl7.org/fhir/R4/capabilitystatement.html',
      section: 'CapabilityStatement cardinalities and invariants cpb-1, cpb-2, cpb-14, cpb-15, cpb-16',
    },
    judge: onStatement((statement, exchange) => {
      const has = (name: string) => at(statement, name) !== undefined;
      const filled = (name: string) => asArray(at(statement, name)).length > 0;
      const kind = at(statement, 'kind');
      const missing = [
        ...['status', 'date', 'kind', 'fhirVersion'].filter((name) => !has(name)),
        ...(filled('format') ? [] : ['format']),
        ...(['rest', 'messaging', 'document'].some(filled) ? [] : ['one of rest, messaging, document (cpb-1)']),
        ...(['description', 'software', 'implementation'].some(has) ? [] : ['one of description, software, implementation (cpb-2)']),
        ...(kind !== 'instance' || isObject(at(statement, 'implementation')) ? [] : ['implementation, as kind is instance (cpb-14)']),
        ...(kind !== 'capability' || (has('software') && !has('implementation'))
          ? []
          : ['software and no implementation, as kind is capability (cpb-15)']),
        ...(kind !== 'requirements' || (!has('software') && !has('implementation'))
          ? []
          : ['neither software nor implementation, as kind is requirements (cpb-16)']),
      ];
      return check(missing.length === 0, exchange, 'a valid R4 CapabilityStatement', `missing or wrong: ${missing.join('; ')}`);
    }),
    faults: [
      { name: 'leaves out the date', at: 'metadata', alter: editType('CapabilityStatement', (body) => without(body, 'date')) },
      {
        name: 'is an instance without an implementation',
        at: 'metadata',
        alter: editType('CapabilityStatement', (body) => without(body, 'implementation')),
      },
    ],
  },
  {
    id: 'cc3.fast.version-stable',
    level: 'FAST',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'Version data do not change between requests in one session.',
    source: { ig: 'FAST use case: provider requests patient information from plan', version: '', url: '', section: 'Scenario 1 line 1' },
    judge: stable,
    faults: [
      {
        name: 'has a node behind the balancer that follows other guides',
        at: 'metadata',
        alter: when(
          ({ url }) => url.includes('_format='),
          editType('CapabilityStatement', (body) => ({ ...body, implementationGuide: [] })),
        ),
        alsoFails: { 'cc3.metadata.etag': 'an ETag that stays while the content changes is a miss of its own' },
      },
    ],
  },
  {
    id: 'cc3.http.head',
    level: 'SHALL',
    lines: ['L1'],
    scenarios: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
    text: 'HEAD is answered like GET without a body, or refused as HTTP says.',
    source: { ig: 'hl7.fhir.r4.core', version: '4.0.1', url: 'http://hl7.org/fhir/R4/http.html#head', section: 'http.html#head' },
    probes: [
      {
        id: 'metadata.head',
        step: 'metadata',
        suite: 'versions',
        request: ({ base }) => (base === undefined ? 'no FHIR base URL is known' : { method: 'HEAD', url: `${base}/metadata` }),
      },
    ],
    applies: (evidence) => evidence.exchanges.some((each) => statementIn(each)) || 'GET metadata gave no 200 to compare with.',
    judge: onFirst({ step: 'metadata', probe: 'metadata.head' }, (exchange) =>
      all(
        () => status(exchange, 200, 405, 501),
        () => check((exchange.response?.body ?? '') === '', exchange, 'no body', 'a body'),
      ),
    ),
    faults: [
      {
        name: 'answers HEAD with 404',
        at: 'metadata',
        alter: when(
          ({ method }) => method === 'HEAD',
          (response) => ({ ...response, status: 404 }),
        ),
      },
    ],
  },
];
