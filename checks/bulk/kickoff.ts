import { exportByGet } from '../../src/client/requests/bulk.ts';
import { at, jsonOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  describeBody,
  fail,
  notApplicable,
  notTestable,
  onEach,
  onFirst,
  pass,
  select,
  status,
  statusOf,
  warn,
} from '../../src/core/findings.ts';
import { parseRetryAfter } from '../../src/core/http-date.ts';
import type { Check, Evidence, Exchange, Finding, Probe } from '../../src/core/model.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { type Applies, allOf, anyOf, claimsAtr } from '../applies.ts';
import { bulkFrom, declaresBulk, declaresExport, named } from './applies.ts';
import { exportOf, filesOfKind, hasOutcome, isExport, linesOf, onExport, rowsOf, typesOf } from './exports.ts';
import { accept, answer, bareError, mainKickoff, refuse, where } from './plant.ts';

const main = { step: 'bulk.kickoff', variant: 'group' } as const;

/** 429 and 503 say "later", not "no". */
const postponed = (exchange: Exchange): Finding | undefined =>
  statusOf(exchange) === 429 || statusOf(exchange) === 503
    ? notTestable(`The payer was busy (status ${statusOf(exchange)}) each time we tried.`)
    : undefined;

/** A kick-off that is wrong in one way, sent by `bulk.refusals`. */
export const wrongKickoff = (
  id: string,
  parameters: Parameters<typeof exportByGet>[1],
  about: { readonly group?: string; readonly headers?: Readonly<Record<string, string>>; readonly expected?: Probe['expected'] } = {},
): Probe => ({
  id: `bulk.kickoff.${id}`,
  step: 'bulk.kickoff',
  suite: 'bulk.refusals',
  ...(about.expected === undefined ? {} : { expected: about.expected }),
  request: ({ base, notes }) => {
    const group = about.group ?? notes['bulk.group'];
    if (base === undefined || typeof group !== 'string') return 'no Group is known';
    return exportByGet({ base, at: `Group/${group}` }, parameters, about.headers);
  },
});

/** Refused with an OperationOutcome, or a warning because the guide only recommends it. */
const refusedOrWarn =
  (what: string) =>
  (exchange: Exchange): Finding => {
    const seen = statusOf(exchange);
    if (seen >= 400) return check(hasOutcome(exchange), exchange, `${what} refused with an OperationOutcome`, describeBody(exchange));
    return warn(exchange, `${what} refused with a 4xx status and an OperationOutcome`, `status ${seen}`);
  };

const takesGet: Applies = anyOf(claimsAtr(), declaresExport('Group'), declaresExport('Patient'), declaresExport(undefined));

/** Types that a token response of this name grants; undefined = all, or not known. */
function grantedTypes(evidence: Evidence, variant: string): readonly string[] | undefined {
  const reply = jsonOf(select(evidence, { step: 'token', variant })[0]?.response);
  const scope = at(reply, 'scope');
  if (typeof scope !== 'string') return undefined;
  const types = scope.split(' ').flatMap((each) => /^(?:system|user|patient)\/(\*|[A-Za-z]+)\./.exec(each)?.[1] ?? []);
  return types.includes('*') ? undefined : types;
}

export const kickoffChecks: readonly Check[] = [
  {
    id: 'bulk.kickoff.accepted',
    level: 'SHALL',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A valid kick-off is answered with 202 Accepted.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---success',
      section: '#response---success',
    },
    applies: declaresBulk,
    judge: onFirst(main, (exchange) => postponed(exchange) ?? status(exchange, 202)),
    faults: [
      {
        name: 'answers a kick-off at once with 200 and data',
        at: 'bulk.kickoff',
        alter: where(mainKickoff, answer(200, 'application/fhir+json', '{"resourceType":"Bundle","type":"collection","entry":[]}')),
      },
    ],
  },
  {
    id: 'bulk.kickoff.content-location',
    level: 'SHALL',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'The 202 has a Content-Location header with an absolute polling URL.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---success',
      section: '#response---success',
    },
    applies: declaresBulk,
    judge: onFirst({ ...main, where: (each) => statusOf(each) === 202 }, (exchange) => {
      const seen = exchange.response?.headers['content-location'];
      return check(isHttpUrl(seen), exchange, 'Content-Location with an absolute URL', `Content-Location: ${seen ?? 'absent'}`);
    }),
    faults: [
      {
        name: 'gives a relative status URL',
        at: 'bulk.kickoff',
        alter: where(mainKickoff, (response) => ({
          ...response,
          headers: { ...response.headers, 'content-location': (response.headers['content-location'] ?? '').replace(/^https?:\/\/[^/]+/, '') },
        })),
      },
    ],
  },
  {
    id: 'bulk.kickoff.get',
    level: 'SHALL',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Kick-off by GET is supported.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request',
      section: '#bulk-data-kick-off-request',
    },
    applies: allOf(declaresBulk, takesGet),
    judge: onFirst(
      main,
      (exchange) => postponed(exchange) ?? check(statusOf(exchange) < 400, exchange, 'a kick-off by GET accepted', describeBody(exchange)),
    ),
    faults: [
      {
        name: 'does not take a kick-off by GET',
        at: 'bulk.kickoff',
        alter: where(mainKickoff, refuse(405, 'not-supported', 'An export is started by POST. Correct the method and send the request again.')),
        alsoFails: { 'bulk.kickoff.accepted': 'the main export is started by GET' },
      },
    ],
  },
  {
    id: 'bulk.kickoff.async-header',
    level: 'MAY',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Without Prefer: respond-async the server answers with an error or treats the request as asynchronous.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#headers',
      section: '#headers',
    },
    applies: bulkFrom('2.0.0'),
    probes: [
      {
        ...wrongKickoff('no-prefer', { _type: 'Patient' }),
        request: (known) => withoutPrefer(wrongKickoff('no-prefer', { _type: 'Patient' }).request(known)),
      },
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.no-prefer' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 202) return pass;
      return seen >= 400
        ? check(hasOutcome(exchange), exchange, 'an OperationOutcome that asks for Prefer: respond-async', describeBody(exchange))
        : warn(exchange, '202, or an error with an OperationOutcome', `a synchronous answer, status ${seen}`);
    }),
    faults: [
      {
        name: 'answers synchronously without Prefer',
        at: 'bulk.kickoff',
        alter: (response, request) =>
          request.headers['prefer'] === undefined
            ? { status: 200, headers: { 'content-type': 'application/fhir+json' }, body: '{"resourceType":"Bundle","type":"collection"}' }
            : response,
      },
    ],
  },
  {
    id: 'bulk.kickoff.error-outcome',
    level: 'SHALL',
    lines: ['L5', 'L7'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A kick-off error is 4XX/5XX with an OperationOutcome in JSON.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---error-eg-unsupported-search-parameter',
      section: '#response---error-eg-unsupported-search-parameter',
    },
    applies: declaresBulk,
    probes: [
      wrongKickoff(
        'unknown-group',
        {},
        {
          group: 'no-such-group',
          expected: { status: [404, 403], codes: ['not-found', 'forbidden'], names: ['Group', 'no-such-group'], action: 'correct' },
        },
      ),
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.unknown-group' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 401 || seen === 403) return { outcome: 'pass', note: 'refused by the authorization layer' };
      if (seen === 202) return notApplicable('The payer accepted an export of an unknown Group, so there was no error to judge.');
      return check(seen >= 400 && hasOutcome(exchange), exchange, 'a 4xx or 5xx status with an OperationOutcome in JSON', describeBody(exchange));
    }),
    faults: [
      {
        name: 'answers a wrong kick-off without an OperationOutcome',
        at: 'bulk.kickoff',
        alter: where(/no-such-group/, bareError(404)),
        alsoFails: { 'err.oo.on-failure': 'the same row for all of FHIR' },
      },
    ],
  },
  {
    id: 'bulk.kickoff.output-format',
    level: 'SHALL',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: '_outputFormat accepts application/fhir+ndjson, application/ndjson and ndjson.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters',
      section: '#query-parameters',
    },
    applies: declaresBulk,
    judge: (evidence) => {
      const tried = ['application/fhir+ndjson', 'application/ndjson', 'ndjson'].map((format) => ({
        format,
        found: select(evidence, { step: 'bulk.kickoff', variant: `format/${format}` })[0],
      }));
      return all(
        ...tried.map(
          ({ format, found }) =>
            (): Finding =>
              found === undefined
                ? notTestable(`No export was asked for as ${format}.`)
                : (postponed(found) ?? check(statusOf(found) === 202, found, `_outputFormat=${format} accepted with 202`, describeBody(found))),
        ),
      );
    },
    faults: [
      {
        name: 'refuses the short name ndjson',
        at: 'bulk.kickoff',
        alter: where(
          /_outputFormat=ndjson(&|$)/,
          refuse(400, 'not-supported', 'This output format is not supported. Correct _outputFormat and send the request again.'),
        ),
      },
    ],
  },
  {
    id: 'bulk.kickoff.lenient',
    level: 'SHOULD',
    lines: ['L7'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'With Prefer: handling=lenient a processed request reports each unsupported parameter as an OperationOutcome in the error files.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: bulkFrom('2.0.0'),
    judge: (evidence) => {
      const job = exportOf(evidence, 'lenient');
      if (!isExport(job))
        return job.outcome === 'not-testable' && refusedLenient(evidence)
          ? notApplicable('The payer refuses an unknown parameter even with handling=lenient.')
          : job;
      const said = filesOfKind(job, 'error').some((file) => linesOf(file).some((row) => row?.resourceType === 'OperationOutcome'));
      return check(
        said,
        job.final,
        'an OperationOutcome about the parameter noSuchParameter in the error files',
        `error: ${JSON.stringify(job.manifest['error'] ?? null)}`,
      );
    },
    faults: [{ name: 'drops an unknown parameter without a word', at: 'bulk.status', behaviour: 'drops-remarks' }],
  },
  {
    id: 'bulk.kickoff.concurrent',
    level: 'SHOULD',
    lines: ['L6', 'L7'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A server that does not allow parallel exports answers 429 with Retry-After.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---error-eg-unsupported-search-parameter',
      section: '#response---error-eg-unsupported-search-parameter',
    },
    applies: declaresBulk,
    judge: (evidence) => {
      const second = select(evidence, { step: 'bulk.kickoff', variant: 'parallel/second' })[0];
      const first = exportOf(evidence, 'parallel/first');
      if (!second) return notTestable('Two exports were not started at once.');
      if (statusOf(second) === 429) {
        const told = parseRetryAfter(second.response?.headers['retry-after'], Date.parse(second.startedAt));
        if (told.kind !== 'wait')
          return fail(second, '429 with a Retry-After that makes sense', `Retry-After: ${second.response?.headers['retry-after'] ?? 'absent'}`);
      } else if (statusOf(second) !== 202) return fail(second, '202, or 429 with Retry-After', describeBody(second));
      return isExport(first) ? pass : first;
    },
    faults: [
      {
        name: 'refuses a second export for good',
        at: 'bulk.kickoff',
        alter: where(/\$export\?_type=Coverage%2CPatient$/, refuse(409, 'conflict', 'Another export is running. Try again later.')),
      },
    ],
  },
  {
    id: 'bulk.kickoff.scope',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Only resources the client is authorized for are exported.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request',
      section: '#bulk-data-kick-off-request',
    },
    applies: declaresBulk,
    judge: (evidence) => {
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'narrow' })[0];
      if (started && statusOf(started) >= 400) return { outcome: 'pass', note: 'the kick-off is refused with the narrow token' };
      const types = grantedTypes(evidence, 'narrow');
      if (started && types === undefined)
        return notTestable('The authorization server did not grant the narrow scope that was asked for, so more may be exported.');
      return onExport('narrow', (job) => {
        const extra = new Set([...typesOf(job), ...rowsOf(job).map((row) => row.resourceType)].filter((type) => types?.includes(type) !== true));
        return check(extra.size === 0, job.final, `only ${types?.join(', ')}`, `also ${[...extra].join(', ')}`);
      })(evidence);
    },
    faults: [{ name: 'exports types beyond the scope of the token', at: 'bulk.status', behaviour: 'exports-beyond-scope' }],
  },
  {
    id: 'bulk.kickoff.group-rules',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Access to a Group is restricted by business rules.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#privacy-and-security-considerations',
      section: '#privacy-and-security-considerations',
    },
    applies: allOf(
      declaresBulk,
      named('Group of another client (bulk.foreignGroup)', ({ target }) => target.bulk?.foreignGroup),
    ),
    judge: (evidence) => {
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'foreign-group' })[0];
      if (started && statusOf(started) >= 400) return pass;
      const last = select(evidence, { step: 'bulk.status', variant: 'foreign-group' }).at(-1);
      if (last && statusOf(last) >= 400) return pass;
      return onExport('foreign-group', (job) => {
        const rows = rowsOf(job);
        return check(
          rows.length === 0,
          job.final,
          'no data of a Group that belongs to another client',
          `${rows.length} rows, among them ${rows[0]?.resourceType ?? ''}`,
        );
      })(evidence);
    },
    faults: [{ name: 'exports the Group of another client', at: 'bulk.kickoff', behaviour: 'exports-foreign-groups' }],
  },
  {
    id: 'bulk.kickoff.post',
    level: 'MAY',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Kick-off by POST with a Parameters body is accepted.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request',
      section: '#bulk-data-kick-off-request',
    },
    applies: bulkFrom('2.0.0'),
    judge: onFirst({ step: 'bulk.kickoff', variant: 'post' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 202) return pass;
      if (seen >= 400 && hasOutcome(exchange)) return notApplicable('The payer does not take a kick-off by POST, and says so.');
      return fail(exchange, '202, or an error with an OperationOutcome', describeBody(exchange));
    }),
    faults: [
      {
        name: 'refuses a kick-off by POST without an OperationOutcome',
        alsoFails: { 'err.oo.on-failure': 'the same row for all of FHIR' },
        at: 'bulk.kickoff',
        alter: (response, request) =>
          request.method === 'POST' && /Group\/[^/]+\/\$export$/.test(request.url) && request.body?.includes('"patient"') !== true
            ? bareError(400)(response, request)
            : response,
      },
    ],
  },
  {
    id: 'bulk.kickoff.bad-output-format',
    level: 'SHOULD',
    lines: ['L7'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'The files are in the requested format; a format the server cannot produce is better refused at kick-off.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters',
      section: '#response---complete-status (url)',
    },
    applies: declaresBulk,
    probes: [
      wrongKickoff(
        'bad-output-format',
        { _outputFormat: 'application/vnd.ms-excel', _type: 'Patient' },
        { expected: { status: [400, 406, 422], codes: ['not-supported', 'invalid', 'value'], names: ['_outputFormat', 'excel'], action: 'correct' } },
      ),
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.bad-output-format' }, refusedOrWarn('_outputFormat=application/vnd.ms-excel')),
    faults: [{ name: 'accepts an output format it does not know', at: 'bulk.kickoff', alter: where(/vnd\.ms-excel/, accept) }],
  },
  {
    id: 'bulk.kickoff.repeat-params',
    level: 'SHALL',
    lines: ['L5'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Repeated comma-list parameters are treated like one comma list.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request',
      section: '#bulk-data-kick-off-request',
    },
    applies: bulkFrom('2.0.0'),
    judge: onExport('repeated-type', (job) => {
      const types = typesOf(job);
      const missing = ['Patient', 'Coverage'].filter((type) => !types.includes(type));
      return check(
        missing.length === 0,
        job.final,
        'files for Patient and for Coverage, as with _type=Patient,Coverage',
        `no ${missing.join(' and no ')}; types: ${types.join(', ')}`,
      );
    }),
    faults: [{ name: 'reads the first of repeated parameters only', at: 'bulk.status', behaviour: 'reads-first-type-only' }],
  },
  {
    id: 'bulk.kickoff.unsupported-type',
    level: 'SHOULD',
    lines: ['L7'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A request for a resource type the server does not support is refused with an OperationOutcome unless handling=lenient was sent.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters',
      section: '#query-parameters',
    },
    applies: declaresBulk,
    probes: [
      wrongKickoff(
        'unsupported-type',
        { _type: 'Patient,Medicine123' },
        { expected: { status: [400, 422], codes: ['not-supported', 'invalid', 'value'], names: ['_type', 'Medicine123'], action: 'correct' } },
      ),
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.unsupported-type' }, refusedOrWarn('the type Medicine123')),
    faults: [{ name: 'accepts resource types that do not exist', at: 'bulk.kickoff', alter: where(/Medicine123/, accept) }],
  },
];

/** The request as it stands, its Prefer header left out. */
function withoutPrefer(spec: ReturnType<Probe['request']>): ReturnType<Probe['request']> {
  if (typeof spec === 'string') return spec;
  const { prefer: _prefer, ...headers } = spec.headers ?? {};
  return { ...spec, headers };
}

const refusedLenient = (evidence: Evidence): boolean => {
  const started = select(evidence, { step: 'bulk.kickoff', variant: 'lenient' })[0];
  return started !== undefined && statusOf(started) >= 400;
};
