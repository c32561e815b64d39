import { beside } from '../../src/core/controls.ts';
import {
  check,
  clientError,
  clip,
  describeBody,
  fail,
  headerOf,
  isThrottled,
  notApplicable,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  statusOf,
  unanswered,
  worst,
} from '../../src/core/findings.ts';
import { parseRetryAfter } from '../../src/core/http-date.ts';
import { glance } from '../../src/core/memo.ts';
import type { Check, Evidence, Exchange, Finding, Probe } from '../../src/core/model.ts';
import { actionsIn } from '../../src/core/rubric/language.ts';
import { internalsIn, moreThanAsked, othersIn, secretsShown } from '../../src/core/rubric/leaks.ts';
import { constantTraces, tracesOf } from '../../src/core/rubric/trace.ts';
import { wordsOf } from '../../src/core/rubric/words.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { change, headers, when } from '../alter.ts';
import { group } from '../group.ts';
import { tellsMember } from '../id/answers.ts';
import { rfc, useCase } from '../sources.ts';
import { allFailures, alterIssue, codesOf, everyFailure, fhirFailures, isSevere, issuesOf, nothingFailed, outcomeOf, outcomes } from './failures.ts';
import { errorProbes, invalidResource, malformedJson, patchMetadata, repeated } from './probes.ts';

/** Judges every failed answer. */
const onFailures =
  (judge: (exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const failures = allFailures(evidence);
    return failures.length === 0 ? nothingFailed : worst(failures.map((exchange) => judge(exchange, evidence)));
  };

/** Pairs of code and status that contradict each other beyond doubt; every other pair passes. */
const contradictions: readonly { readonly code: string; readonly only: readonly number[] }[] = [
  { code: 'throttled', only: [429, 503, 403] },
  { code: 'login', only: [400, 401, 403] },
  { code: 'expired', only: [400, 401, 403] },
  { code: 'deleted', only: [404, 410] },
];

function contradiction(exchange: Exchange): string | undefined {
  const outcome = outcomeOf(exchange);
  const seen = statusOf(exchange);
  if (outcome === undefined || seen < 400) return undefined;
  const codes = codesOf(outcome);
  if (codes.length > 0 && codes.every((code) => code === 'informational')) return `only informational with status ${seen}`;
  const odd = contradictions.find(({ code, only }) => codes.length === 1 && codes[0] === code && !only.includes(seen));
  return odd && `${odd.code} with status ${seen}`;
}

/** As the client reads it: seconds or a date, and a time that somebody may wait. */
const saysLater = 'the answers 429 and 503 are what is judged, whatever came of the others';

function sensibleWait(exchange: Exchange): Finding {
  const told = parseRetryAfter(headerOf(exchange, 'retry-after'), Date.parse(exchange.startedAt));
  const expected = `Retry-After with status ${statusOf(exchange)}: seconds, or a date that lies ahead`;
  if (told.kind === 'absent') return fail(exchange, expected, 'no Retry-After');
  if (told.kind === 'wait') return pass;
  const epoch = /^\d{10,}$/.test(told.text) ? ', seconds since 1970 where seconds from now are meant' : '';
  return fail(exchange, expected, `Retry-After: ${told.text}${epoch}`);
}

const fingerprint = (exchange: Exchange): string => `${statusOf(exchange)} ${codesOf(outcomeOf(exchange) ?? null).join(',')}`;

function sameEveryTime(probe: Probe, evidence: Evidence): Finding {
  const asked = select(evidence, { step: probe.step, probe: probe.id }).filter((each) => statusOf(each) >= 400 && unanswered(each) === undefined);
  const last = asked.at(-1);
  if (asked.length < 2 || !last) return notReached(evidence, { step: probe.step, probe: probe.id });
  const kinds = [...new Set(asked.map(fingerprint))];
  return check(kinds.length === 1, last, `the same answer to ${probe.id} each of ${asked.length} times`, kinds.join(' and then '));
}

const matching = '$member-match for the known member';
const honestMatch = (evidence: Evidence): Exchange | undefined => {
  const asked = select(evidence, { step: 'member-match', member: 'known' });
  return asked.filter((each) => statusOf(each) === 200)[0] ?? asked[0];
};

/** Status, code and text together. */
export const meaningChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L7'] }, [
  {
    id: 'err.code-matches-status',
    level: 'FAST',
    text: 'issue.code fits the HTTP status.',
    source: useCase('Scenario 1 line 7'),
    judge: onFailures((exchange) => {
      const odd = contradiction(exchange);
      return check(odd === undefined, exchange, 'an issue.code that fits the status', odd ?? '');
    }),
    faults: [
      {
        name: 'calls a malformed body throttled',
        at: 'member-match',
        alter: (response) => alterIssue(response, 400, 'structure', (issue) => ({ ...issue, code: 'throttled' })),
      },
    ],
  },
  {
    id: 'err.no-success-on-error',
    level: 'FAST',
    text: 'A failure is never reported with a 2xx status outside the documented cases (search outcome entries, bulk partial success, CRD not-covered).',
    source: useCase('Scenario 1 line 7'),
    judge: (evidence) => {
      const fine = outcomes(evidence).filter(
        ([{ step, request }]) => !step.startsWith('bulk.') && !step.startsWith('cds.') && !request.url.includes('$validate'),
      );
      const wrong = fine.find(([exchange, outcome]) => statusOf(exchange) >= 200 && statusOf(exchange) < 300 && issuesOf(outcome).some(isSevere));
      if (wrong) return fail(wrong[0], 'a failure status with an error OperationOutcome', `status ${statusOf(wrong[0])} with one`);
      const failures = fhirFailures(evidence).filter((exchange) => statusOf(exchange) >= 400);
      return fine.length + failures.length > 0 ? pass : nothingFailed;
    },
    faults: [
      {
        name: 'reports an invalid resource with status 200',
        at: 'member-match',
        alter: (response) => (alterIssue(response, 422, 'code-invalid', (issue) => issue) === response ? response : { ...response, status: 200 }),
        alsoFails: { 'err.oo.severity-agrees': 'an error inside a success is also a severity that does not agree with the status' },
      },
    ],
  },
  {
    id: 'err.no-internals',
    level: 'FAST',
    text: 'Advice: error bodies show no stack trace, SQL or file paths; they never hold PHI of other persons, nor more of the person asked about than the question did.',
    source: useCase('Scenario 1 line 7'),
    judge: (evidence) => {
      const failures = everyFailure(evidence);
      if (failures.length === 0) return nothingFailed;
      return worst(
        failures.map((exchange) => {
          const body = exchange.response?.body ?? '';
          const others = [...othersIn(body, exchange, evidence), ...moreThanAsked(body, exchange, evidence)];
          if (others.length > 0) return fail(exchange, 'no data of other persons in an error', `disclosed: ${others.join(' and ')}`);
          const inside = [...secretsShown(exchange, evidence), ...internalsIn(body)];
          return check(inside.length === 0, exchange, 'nothing of the inside of the program in an error', `it shows ${inside.join(' and ')}`);
        }),
      );
    },
    faults: [
      { name: 'suggests another member by name when nobody fits', at: 'member-match', behaviour: 'suggests-a-member-when-nobody-fits' },
      { name: 'tells the birth date on file when nobody fits (F3.19)', at: 'member-match', behaviour: 'tells-a-birth-date-when-nobody-fits' },
    ],
  },
  {
    id: 'err.trace-id',
    level: 'FAST',
    text: 'Advice: each error can be traced by an id shown in the body or a header.',
    source: useCase('Scenario 1 line 7'),
    judge: (evidence) => {
      const constant = constantTraces(evidence.exchanges);
      return onFailures((exchange) => {
        const traces = tracesOf(exchange);
        if (traces.length === 0)
          return fail(exchange, 'an id in a header or the body to quote to the help desk', `no id with status ${statusOf(exchange)}`);
        const own = traces.some((trace) => !constant.has(trace));
        return check(own, exchange, 'an id of its own for each answer', () => `"${clip(traces[0] ?? '', 60)}" for answers to different requests`);
      })(evidence);
    },
    faults: [
      {
        name: 'gives nothing to quote to the help desk',
        at: 'member-match',
        alter: (response) => {
          const altered = alterIssue(response, 400, 'structure', ({ diagnostics: _, ...issue }) => issue);
          const { 'x-request-id': _id, ...headers } = altered.headers;
          return altered === response ? response : { ...altered, headers };
        },
      },
    ],
  },
  {
    id: 'err.actionable',
    level: 'FAST',
    text: 'The error tells the next step: fix and resend, retry later, re-authenticate, or contact someone.',
    source: useCase('Post conditions (path forward)'),
    probes: errorProbes,
    judge: onFailures((exchange) => {
      const { text, diagnostics, codes } = wordsOf(exchange);
      const named =
        actionsIn(`${text} ${diagnostics}`).length > 0 ||
        codes.some((code) => tellingCodes.has(code)) ||
        [401, 403, 404, 405, 406, 410, 415, 429, 503].includes(statusOf(exchange));
      return check(named, exchange, 'a status, code or text that tells the next step', describeBody(exchange));
    }),
    faults: [
      {
        name: 'says that an error occurred and no more',
        at: 'member-match',
        alter: (response) =>
          alterIssue(response, 400, 'structure', ({ diagnostics: _said, ...issue }) => ({
            ...issue,
            code: 'processing',
            details: { text: 'Error occurred' },
          })),
      },
    ],
  },
  {
    id: 'err.retry-after',
    level: 'FAST',
    lines: ['L6', 'L7'],
    text: 'Answers 429 and 503 have Retry-After.',
    source: useCase('Scenario 1 line 7'),
    about: {
      throttled: 'the header of a 429 is what it asks for',
      unavailable: 'the header of a 503 is what it asks for',
      ...{ crashed: saysLater, forbidden: saysLater, missing: saysLater },
    },
    judge: (evidence) => {
      const busy = evidence.exchanges.filter((each) => glance(() => isThrottled(each)));
      if (busy.length === 0) return notApplicable('The payer never answered 429 or 503.');
      return worst(busy.map((exchange) => sensibleWait(exchange)));
    },
    faults: [
      {
        name: 'slows down without saying for how long',
        at: 'member-match',
        alter: when((_request, { status }) => status === 429, headers({ 'retry-after': undefined })),
      },
    ],
  },
  {
    id: 'err.invalid-resource',
    level: 'FAST',
    lines: ['L2', 'L7'],
    text: 'A parseable but invalid resource gets 400 or 422 with an OperationOutcome.',
    source: useCase('Scenario 1 line 7; R4 http.html#create lists 400 and 422'),
    probes: [invalidResource],
    judge: onFirst({ step: 'member-match', probe: invalidResource.id }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      if (seen < 300 && tellsMember(exchange)) return fail(exchange, 'no match for an invalid Patient', 'a member');
      if (seen < 300) return notTestable(`The invalid Patient was taken, and nobody was found: ${describeBody(exchange)}.`, 'payer');
      return beside(honestMatch(evidence), matching, () => check(seen < 500, exchange, '400 or 422 for an invalid resource', describeBody(exchange)));
    }),
    faults: [
      {
        name: 'answers an invalid resource with 500',
        at: 'member-match',
        alter: (response) => (alterIssue(response, 422, 'code-invalid', (issue) => issue) === response ? response : { ...response, status: 500 }),
      },
    ],
  },
  {
    id: 'err.deterministic',
    level: 'FAST',
    text: 'The same wrong request gives the same status and issue.code every time.',
    source: useCase('Scenario 1 line 7'),
    judge: (evidence) => {
      const told = repeated.map((probe) => sameEveryTime(probe, evidence));
      const telling = told.filter((each) => each.outcome !== 'not-testable');
      return worst(telling.length > 0 ? telling : told);
    },
    faults: [{ name: 'answers the same wrong request in different ways', at: 'member-match', behaviour: 'answers-malformed-json-in-turns' }],
  },
  {
    id: 'err.malformed-json',
    level: 'FAST',
    lines: ['L2', 'L7'],
    text: 'A body that cannot be parsed gets 400 with an OperationOutcome.',
    source: useCase('Scenario 1 line 7; R4 http.html#create lists 400'),
    probes: [malformedJson],
    judge: onFirst({ step: 'member-match', probe: malformedJson.id }, (exchange, evidence) =>
      beside(honestMatch(evidence), matching, () => clientError(exchange, 'a body that cannot be parsed')),
    ),
    faults: [
      {
        name: 'answers a malformed body with 500',
        at: 'member-match',
        alter: (response) => (alterIssue(response, 400, 'structure', (issue) => issue) === response ? response : { ...response, status: 500 }),
      },
    ],
  },
  {
    id: 'err.method',
    level: 'SHOULD',
    text: 'An unsupported method gets 405, 501 or another 4xx.',
    source: rfc(9110, '2022', '9.1'),
    probes: [patchMetadata],
    judge: onFirst({ step: 'operation', probe: patchMetadata.id }, (exchange, evidence) => {
      const seen = statusOf(exchange);
      const judged = check(seen === 501 || (seen >= 400 && seen < 500), exchange, '405, 501 or another 4xx', describeBody(exchange));
      // The control: GET of the same URL.
      const read = select(evidence, { step: 'metadata' });
      return judged.outcome === 'pass' ? beside(read.filter((each) => statusOf(each) === 200)[0] ?? read[0], 'GET metadata', () => judged) : judged;
    }),
    faults: [{ name: 'answers PATCH with 500', at: 'operation', alter: when(({ method }) => method === 'PATCH', change({ status: 500 })) }],
  },
  {
    id: 'err.allow',
    // HTTP demands it; no guide repeats it.
    level: 'SHOULD',
    text: 'An answer 405 lists the methods that are allowed ("MUST generate an Allow header field").',
    source: rfc(9110, '2022', '15.5.6'),
    judge: ({ exchanges }) => {
      const refused = exchanges.filter((each) => statusOf(each) === 405);
      if (refused.length === 0) return notApplicable('nothing was answered with 405');
      return worst(refused.map((exchange) => check(headerOf(exchange, 'allow') !== undefined, exchange, 'an Allow header with 405', 'none')));
    },
    faults: [
      {
        name: 'does not say which methods it allows (F3.18)',
        at: 'operation',
        alter: (response) => {
          const { allow: _, ...rest } = response.headers;
          return response.status === 405 ? { ...response, headers: rest } : response;
        },
      },
    ],
  },
]);

/** Codes from which a program can conclude what to do. */
const tellingCodes = new Set([
  ...[
    'structure',
    'required',
    'value',
    'invariant',
    'invalid',
    'code-invalid',
    'not-supported',
    'too-long',
    'too-costly',
    'not-found',
    'deleted',
    'multiple-matches',
    'duplicate',
  ],
  ...['login', 'expired', 'forbidden', 'suppressed', 'security', 'transient', 'throttled', 'timeout', 'lock-error', 'conflict', 'business-rule'],
]);
