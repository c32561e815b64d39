import { asArray, asString, at, isObject, isResource, parseJson } from '../../src/core/fhir.ts';
import { check, describeBody, fail, isThrottled, notTestable, onFirst, pass, statusOf, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { issueTypes } from '../../src/core/rubric/codes.ts';
import { wordsOf } from '../../src/core/rubric/words.ts';
import { allScenarios, fhirApi } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { r4, useCase } from '../sources.ts';
import { alterIssue, codesOf, fhirFailures, isSevere, issuesOf, nothingFailed, outcomes, requestBodyOf } from './failures.ts';
import { malformedJson } from './probes.ts';

const noSuchOperation = 'assay-no-such-operation';
const severities = new Set(['fatal', 'error', 'warning', 'information']);

/** Judges every OperationOutcome of the run; none seen leaves the row open. */
const onOutcomes =
  (judge: (exchange: Exchange, outcome: Json) => Finding) =>
  (evidence: Evidence): Finding => {
    const seen = outcomes(evidence);
    if (seen.length === 0) return notTestable('No answer of this run was an OperationOutcome.', 'not-offered');
    // One that says "later" is judged as well, but alone it shows nothing.
    return seen.filter(([exchange]) => !isThrottled(exchange)).length === 0
      ? notTestable('Only answers 429 and 503 held an OperationOutcome.', 'throttled')
      : worst(seen.map(([exchange, outcome]) => judge(exchange, outcome)));
  };

/** Wrong in a malformed body's answer alone: the one error that no other row looks into. */
const inMalformed = (name: string, change: Parameters<typeof alterIssue>[3]) => ({
  name,
  at: 'member-match' as const,
  alter: (response: Parameters<typeof alterIssue>[0]) => alterIssue(response, 400, 'structure', change),
});

/** A FHIRPath must begin at a resource that is in the request. */
function pointsIntoRequest(expression: string, exchange: Exchange): boolean {
  const body = requestBodyOf(exchange);
  // A CDS Hooks request is no resource: its parts are named from the top.
  if (!isResource(body)) return true;
  const root = expression.split(/[.[(]/)[0] ?? '';
  // "Parameters" alone says what an operation's body should have been.
  return root === 'Parameters' || typesIn(body).has(root);
}

function typesIn(value: Json | undefined, found = new Set<string>()): Set<string> {
  if (isResource(value)) found.add(value.resourceType);
  if (Array.isArray(value)) for (const each of value as readonly Json[]) typesIn(each, found);
  else if (isObject(value)) for (const each of Object.values(value)) typesIn(each, found);
  return found;
}

/** The form of an OperationOutcome. */
export const outcomeChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L7'] }, [
  {
    id: 'err.oo.on-failure',
    level: 'SHOULD',
    text: 'Failed FHIR requests carry an OperationOutcome.',
    source: r4('http.html#prefer', 'http.html#prefer, #Status-Codes'),
    probes: [malformedJson],
    judge: (evidence) => {
      const failures = fhirFailures(evidence);
      if (failures.length === 0) return nothingFailed;
      return worst(
        failures.map((exchange) =>
          check(
            outcomes({ ...evidence, exchanges: [exchange] }).length === 1,
            exchange,
            'an OperationOutcome with a failed request',
            describeBody(exchange),
          ),
        ),
      );
    },
    faults: [
      {
        name: 'answers a malformed body with an HTML page',
        at: 'member-match',
        alter: (response) =>
          codesOf(bodyOf(response.body)).includes('structure')
            ? { ...response, headers: { ...response.headers, 'content-type': 'text/html' }, body: page }
            : response,
      },
    ],
  },
  {
    id: 'err.oo.issue',
    level: 'SHALL',
    text: 'An OperationOutcome has at least one issue with severity (fatal, error, warning, information) and a code from the issue-type code system.',
    source: r4('operationoutcome.html'),
    judge: onOutcomes((exchange, outcome) => {
      const issues = issuesOf(outcome);
      if (issues.length === 0) return fail(exchange, 'at least one issue', 'none');
      const odd = issues.find((issue) => !severities.has(asString(issue['severity']) ?? '') || !issueTypes.has(asString(issue['code']) ?? ''));
      return check(
        odd === undefined,
        exchange,
        'each issue with a severity and a code of the issue-type code system',
        `severity ${asString(odd?.['severity']) ?? 'absent'}, code ${asString(odd?.['code']) ?? 'absent'}`,
      );
    }),
    faults: [
      inMalformed('gives a code that does not exist', (issue) => ({ ...issue, code: 'error' })),
      inMalformed('leaves out the severity', ({ severity: _, ...issue }) => issue),
    ],
  },
  {
    id: 'err.oo.severity-agrees',
    level: 'SHOULD',
    text: 'When the HTTP status is a failure at least one issue is error or fatal, and a success has none.',
    source: r4('operationoutcome.html#using'),
    judge: onOutcomes((exchange, outcome) => {
      const seen = statusOf(exchange);
      const severe = issuesOf(outcome).some(isSevere);
      const known = issuesOf(outcome).some((issue) => severities.has(asString(issue['severity']) ?? ''));
      if (seen >= 400 && known) return check(severe, exchange, `an issue of severity error or fatal with status ${seen}`, 'none');
      // $validate reports on another resource: its errors are the success.
      const reports = /\$validate|\$process-message/.test(exchange.request.url) || exchange.step.startsWith('bulk.');
      return seen >= 200 && seen < 300 && severe && !reports ? fail(exchange, `no error with status ${seen}`, 'an issue of severity error') : pass;
    }),
    faults: [inMalformed('calls an error an information', (issue) => ({ ...issue, severity: 'information' }))],
  },
  {
    id: 'err.oo.expression',
    level: 'MAY',
    text: 'Issues may point to the place of the fault with expression (simple FHIRPath), location, or http.<parameter>.',
    source: r4('operationoutcome.html#loc'),
    judge: onOutcomes((exchange, outcome) => {
      // http.<name> may name what is missing, so that it need not be in the request.
      const pointers = issuesOf(outcome).flatMap((issue) =>
        asArray(issue['expression']).flatMap((each) => (/^http\./i.test(String(each)) ? [] : (asString(each) ?? []))),
      );
      const stray = statusOf(exchange) >= 400 ? pointers.find((each) => !pointsIntoRequest(each, exchange)) : undefined;
      return check(stray === undefined, exchange, 'an expression that points into the request', `${stray}`);
    }),
    faults: [
      {
        name: 'points to an element that is not in the request',
        at: 'member-match',
        alter: (response) => alterIssue(response, 422, 'code-invalid', (issue) => ({ ...issue, expression: ['Observation.valueQuantity'] })),
      },
    ],
  },
  {
    id: 'err.oo.details-text',
    level: 'SHOULD',
    text: 'Each error issue has a human readable description in details.text.',
    source: r4('operationoutcome-definitions.html#OperationOutcome.issue.details', 'OperationOutcome.issue.details comment'),
    judge: onOutcomes((exchange, outcome) => {
      const mute = issuesOf(outcome).find((issue) => isSevere(issue) && !asString(at(issue, 'details', 'text'))?.trim());
      return check(mute === undefined, exchange, 'details.text in each error issue', 'none');
    }),
    faults: [
      inMalformed('explains itself in diagnostics only', ({ details, ...issue }) => ({ ...issue, diagnostics: asString(at(details, 'text')) ?? '' })),
    ],
  },
  {
    id: 'err.names-operation',
    level: 'FAST',
    scenarios: fhirApi,
    text: 'The refusal of an operation that the payer does not offer names that operation.',
    source: useCase('Scenario 1 line 7'),
    probes: [
      {
        id: 'err.unknown-system-operation',
        step: 'operation',
        suite: 'errors',
        request: ({ base }) =>
          base === undefined
            ? 'no FHIR base URL is known'
            : { method: 'GET', url: `${base.replace(/\/+$/, '')}/$${noSuchOperation}`, token: 'default' },
        expected: {
          status: [404, 400, 405, 501],
          codes: ['not-supported', 'not-found', 'invalid', 'processing'],
          names: [noSuchOperation, 'operation', 'path'],
          action: 'correct',
        },
      },
    ],
    judge: onFirst({ step: 'operation', probe: 'err.unknown-system-operation' }, (exchange) => {
      // Whether the failure is reported as one at all is for other rows.
      if (![400, 404, 405, 422, 501].includes(statusOf(exchange)))
        return notTestable(`The operation was answered with ${statusOf(exchange)}, which is no refusal of an unknown operation.`, 'payer');
      const { text, diagnostics, expressions } = wordsOf(exchange);
      const words = [text, diagnostics, ...expressions].join(' ');
      return check(
        words.includes(noSuchOperation),
        exchange,
        `words that name ${noSuchOperation}, as one request may ask for several`,
        describeBody(exchange),
      );
    }),
    faults: [
      {
        name: 'refuses an unknown operation without naming it',
        at: ['operation', 'search'],
        alter: (response, { url }) =>
          url.includes(noSuchOperation)
            ? alterIssue(response, 404, 'not-supported', ({ diagnostics: _said, ...issue }) => ({
                ...issue,
                details: { text: 'Not found. Correct the URL and send it again.' },
              }))
            : response,
      },
    ],
  },
]);

const page = '<html><title>The body is not valid JSON. Correct it and send it again.</title></html>';

const bodyOf = (text: string): Json => parseJson(text) ?? null;
