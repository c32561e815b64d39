import { exportByGet } from '../../src/client/requests/bulk.ts';
import {
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  onEach,
  onFirst,
  pass,
  select,
  status,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Finding, Probe } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { when } from '../alter.ts';
import { type Applies, anyOf, follows } from '../applies.ts';
import { group } from '../group.ts';
import { bulkData } from '../sources.ts';
import { accept, answer, bareError, mainKickoff, refuse, where } from './alter.ts';
import { beforeBulk4, declaresExport } from './applies.ts';
import { acceptedExport, onRefusal, refusedWithOutcome } from './controls.ts';
import { hasOutcome } from './exports.ts';

const main = { step: 'bulk.kickoff', variant: 'group' } as const;

/** The main export was asked for in every form that we have; the accepted one counts, and a 405 to GET alone is the matter of bulk.kickoff.get. */
function mainAccepted(evidence: Evidence): Finding {
  const tried = select(evidence, main);
  const found = tried.find((each) => statusOf(each) === 202) ?? tried.at(-1);
  if (!found) return notReached(evidence, main);
  const first = tried[0];
  if (found !== first && first && statusOf(found) === 202)
    return { outcome: 'pass', note: `accepted once _type was left out; with it: ${describeBody(first)}` };
  return unanswered(found) ?? status(found, 202);
}

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

const takesGet: Applies = anyOf(follows(guides.atr), declaresExport('Group'), declaresExport('Patient'), declaresExport(undefined));

/** The request as it stands, its Prefer header left out. */
function withoutPrefer(spec: ReturnType<Probe['request']>): ReturnType<Probe['request']> {
  if (typeof spec === 'string') return spec;
  const { prefer: _prefer, ...headers } = spec.headers ?? {};
  return { ...spec, headers };
}

export const kickoffChecks: readonly Check[] = group({ scenarios: asynchronous, lines: ['L5'], holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.kickoff.accepted',
    level: 'SHALL',
    text: 'A valid kick-off is answered with 202 Accepted.',
    source: bulkData('export.html#response---success'),
    judge: mainAccepted,
    faults: [
      {
        name: 'answers a kick-off at once with 200 and data',
        at: 'bulk.kickoff',
        alter: where(mainKickoff, answer(200, 'application/fhir+json', '{"resourceType":"Bundle","type":"collection"}')),
      },
    ],
  },
  {
    id: 'bulk.kickoff.content-location',
    level: 'SHALL',
    text: 'The 202 has a Content-Location header with an absolute polling URL.',
    source: bulkData('export.html#response---success'),
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
    text: 'Kick-off by GET is supported.',
    source: bulkData('export.html#bulk-data-kick-off-request'),
    holds: [beforeBulk4],
    applies: takesGet,
    judge: onFirst(main, (exchange, evidence) => {
      if ([405, 501].includes(statusOf(exchange))) return fail(exchange, 'a kick-off by GET accepted', describeBody(exchange));
      // Not there at all, or refused for another reason: reported by bulk.kickoff.accepted alone.
      return acceptedExport(evidence, 'group') ?? pass;
    }),
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
    text: 'Without Prefer: respond-async the server answers with an error or treats the request as asynchronous.',
    source: bulkData('export.html#headers'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    probes: [
      {
        ...wrongKickoff('no-prefer', { _type: 'Patient' }),
        request: (known) => withoutPrefer(wrongKickoff('no-prefer', { _type: 'Patient' }).request(known)),
      },
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.no-prefer' }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      if (seen === 202) return pass;
      if (seen < 400) return warn(exchange, '202, or an error with an OperationOutcome', `a synchronous answer, status ${seen}`);
      return onRefusal((refused) =>
        check(hasOutcome(refused), refused, 'an OperationOutcome that asks for Prefer: respond-async', describeBody(refused)),
      )(exchange, evidence);
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
    text: 'A kick-off error is 4XX/5XX with an OperationOutcome in JSON.',
    source: bulkData('export.html#response---error-eg-unsupported-search-parameter'),
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
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.unknown-group' }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      if (seen === 202) return warn(exchange, 'an export of a Group that does not exist refused', 'status 202: accepted');
      const silent = seen >= 400 && ![401, 403, 429, 503].includes(seen) && !hasOutcome(exchange);
      if (silent) return fail(exchange, 'a 4xx or 5xx status with an OperationOutcome in JSON', describeBody(exchange));
      return onRefusal((refused) =>
        seen === 401 || seen === 403
          ? { outcome: 'pass', note: 'refused by the authorization layer' }
          : check(seen >= 400 && hasOutcome(refused), refused, 'a 4xx or 5xx status with an OperationOutcome in JSON', describeBody(refused)),
      )(exchange, evidence);
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
    text: '_outputFormat accepts application/fhir+ndjson, application/ndjson and ndjson.',
    source: bulkData('export.html#query-parameters'),
    judge: (evidence) => {
      const tried = ['application/fhir+ndjson', 'application/ndjson', 'ndjson'].map((format) => ({
        format,
        found: select(evidence, { step: 'bulk.kickoff', variant: `format/${format}` })[0],
      }));
      const one = ({ format, found }: (typeof tried)[number]): Finding => {
        if (found === undefined) return notReached(evidence, { step: 'bulk.kickoff', variant: `format/${format}` });
        return unanswered(found) ?? check(statusOf(found) === 202, found, `_outputFormat=${format} accepted with 202`, describeBody(found));
      };
      // Where no export is accepted at all, that is reported by bulk.kickoff.accepted.
      return (tried.some(({ found }) => found && statusOf(found) === 202) ? undefined : acceptedExport(evidence, 'group')) ?? worst(tried.map(one));
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
    id: 'bulk.kickoff.post',
    level: 'MAY',
    text: 'Kick-off by POST with a Parameters body is accepted.',
    source: bulkData('export.html#bulk-data-kick-off-request'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: onFirst({ step: 'bulk.kickoff', variant: 'post' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 202) return pass;
      if (seen >= 400 && hasOutcome(exchange)) return notApplicable(`The payer takes no kick-off by POST: ${describeBody(exchange)}.`);
      return fail(exchange, '202, or an error with an OperationOutcome', describeBody(exchange));
    }),
    faults: [
      {
        name: 'refuses a kick-off by POST without an OperationOutcome',
        alsoFails: { 'err.oo.on-failure': 'the same row for all of FHIR' },
        at: 'bulk.kickoff',
        alter: when(
          (request) => request.method === 'POST' && /Group\/[^/]+\/\$export$/.test(request.url) && request.body?.includes('"patient"') !== true,
          bareError(400),
        ),
      },
    ],
  },
  {
    id: 'bulk.kickoff.bad-output-format',
    level: 'SHOULD',
    lines: ['L7'],
    text: 'The files are in the requested format; a format the server cannot produce is better refused at kick-off.',
    source: bulkData('export.html#query-parameters', '#response---complete-status (url)'),
    probes: [
      wrongKickoff(
        'bad-output-format',
        { _outputFormat: 'application/vnd.ms-excel', _type: 'Patient' },
        { expected: { status: [400, 406, 422], codes: ['not-supported', 'invalid', 'value'], names: ['_outputFormat', 'excel'], action: 'correct' } },
      ),
    ],
    judge: onEach(
      { step: 'bulk.kickoff', probe: 'bulk.kickoff.bad-output-format' },
      refusedWithOutcome('_outputFormat=application/vnd.ms-excel', { softly: true }),
    ),
    faults: [{ name: 'accepts an output format it does not know', at: 'bulk.kickoff', alter: where(/vnd\.ms-excel/, accept) }],
  },
  {
    id: 'bulk.kickoff.unsupported-type',
    level: 'SHOULD',
    lines: ['L7'],
    text: 'A request for a resource type the server does not support is refused with an OperationOutcome unless handling=lenient was sent.',
    source: bulkData('export.html#query-parameters'),
    probes: [
      wrongKickoff(
        'unsupported-type',
        { _type: 'Patient,Medicine123' },
        { expected: { status: [400, 422], codes: ['not-supported', 'invalid', 'value'], names: ['_type', 'Medicine123'], action: 'correct' } },
      ),
    ],
    judge: onEach({ step: 'bulk.kickoff', probe: 'bulk.kickoff.unsupported-type' }, refusedWithOutcome('the type Medicine123', { softly: true })),
    faults: [{ name: 'accepts resource types that do not exist', at: 'bulk.kickoff', alter: where(/Medicine123/, accept) }],
  },
]);
