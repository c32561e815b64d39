import { refusal } from '../../src/core/controls.ts';
import { asArray, asString, at, isObject, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import {
  check,
  clip,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onEach,
  pass,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { parseRetryAfter } from '../../src/core/http-date.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { isTransient } from '../../src/core/rubric/codes.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { bulkData, bulkData3 } from '../sources.ts';
import { bareError, onStatus, withHeader } from './alter.ts';
import { needsToken } from './applies.ts';
import { ownAnswer, refusedAccess } from './controls.ts';
import { hasOutcome, itemsOf } from './exports.ts';

/** All honest polls, of every export. */
const polls = (evidence: Evidence): readonly Exchange[] => select(evidence, { step: 'bulk.status' });
const retriesOf = (exchange: Exchange): readonly unknown[] => asArray(exchange.facts?.['bulk.retries']);

/** State of the job: of the poll itself, or from Bulk Data 3.0 on of its own header. */
const stateOf = (poll: Exchange): number => {
  const separate = /^\s*(\d{3})/.exec(poll.response?.headers['x-export-status'] ?? '')?.[1];
  return separate === undefined ? statusOf(poll) : Number(separate);
};

const errorEnd = 'a job that ends in an error is what the sentence is about';
const jobFailed = { forbidden: errorEnd, missing: errorEnd, crashed: errorEnd } as const;

/** The last poll of each job that failed: of those that the run happened to see, and of the one that the operator knows to fail. */
const onFailure =
  (judge: (last: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const followed = polls(evidence).filter(({ variant }) => variant !== undefined && !/\/(again|deleted)$/.test(variant));
    const last = [...new Map(followed.map((each) => [each.variant, each])).values()];
    const ends = last.filter((each) => each.variant === 'failing' || (stateOf(each) >= 400 && unanswered(each) === undefined));
    if (ends.length > 0)
      return worst(
        ends.map(
          (end) =>
            unanswered(end) ??
            (stateOf(end) === 202 ? notTestable('The job that should fail was still running when we stopped.', 'ours') : judge(end)),
        ),
      );
    if (evidence.target.bulk?.failingGroup !== undefined) return notReached(evidence, { step: 'bulk.status', variant: 'failing' });
    return notTestable('No job of this run failed, and the target file names no Group whose export fails (bulk.failingGroup).', 'target-file');
  };

/** Polls are protected as the kick-off is: the same URL answers to the token of this run, and to no other. */
const refusedPoll = (exchange: Exchange, evidence: Evidence): Finding =>
  refusal(exchange, ownAnswer(evidence, exchange), 'The same poll with the token of the kick-off', () =>
    refusedAccess(exchange, 'a poll without a valid token'),
  );

export const statusChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.status.in-progress',
    level: 'SHALL',
    lines: ['L5'],
    text: 'A running job answers 202.',
    source: bulkData('export.html#bulk-data-status-request'),
    judge: (evidence) => {
      const [...seen] = select(evidence, { step: 'bulk.status', variant: 'group' });
      if (seen.length === 0) return notReached(evidence, { step: 'bulk.status', variant: 'group' });
      const again = select(evidence, { step: 'bulk.status', variant: 'group/again' })[0];
      const first = seen.find((each) => statusOf(each) === 200);
      // A fault that passes is the business of bulk.status.transient.
      const odd = seen.find((each) => !unanswered(each) && ![200, 202].includes(statusOf(each)) && (statusOf(each) < 500 || each === seen.at(-1)));
      if (odd) return fail(odd, '202 while the job runs, then 200', describeBody(odd));
      const lost = [...seen, ...(again ? [again] : [])].map(unanswered).find((each) => each !== undefined);
      if (!first) return lost ?? notTestable('The job was still running when we stopped watching (--max-wait).', 'ours');
      if (!again) return notReached(evidence, { step: 'bulk.status', variant: 'group/again' });
      const none = unanswered(again);
      if (none) return none;
      const files = (exchange: Exchange): number => itemsOf(jsonOf(exchange.response) ?? null).length;
      if (files(first) === 0 && files(again) === 0)
        return notTestable('The job ended without a file, so its end looks like an answer given too early.', 'test-data');
      return check(
        files(first) === files(again),
        again,
        `the manifest that the job ended with (${files(first)} files)`,
        `another one later (${files(again)} files)`,
      );
    },
    faults: [
      {
        name: 'answers 200 with an empty manifest before the job is done',
        at: 'bulk.status',
        behaviour: 'empty-manifest-first',
        alsoFails: { 'bulk.manifest.stable': 'the manifest fills up later' },
      },
    ],
  },
  {
    id: 'bulk.status.retry-after',
    level: 'SHOULD',
    lines: ['L5', 'L6'],
    text: 'In-progress answers carry Retry-After as seconds or an HTTP date.',
    source: bulkData('export.html#bulk-data-status-request'),
    judge: (evidence) => {
      const running = polls(evidence).filter((each) => statusOf(each) === 202);
      if (running.length === 0) return notApplicable('No in-progress answer was seen.');
      return worst(
        running.map((each) => {
          const seen = each.response?.headers['retry-after'];
          return check(
            parseRetryAfter(seen, Date.parse(each.startedAt)).kind === 'wait',
            each,
            'Retry-After in seconds or as an HTTP date',
            `Retry-After: ${seen ?? 'absent'}`,
          );
        }),
      );
    },
    faults: [
      { name: 'asks to retry soon', at: 'bulk.status', alter: onStatus(202, withHeader('retry-after', 'soon')) },
      { name: 'sends no Retry-After', at: 'bulk.status', alter: onStatus(202, withHeader('retry-after', undefined)) },
    ],
  },
  {
    id: 'bulk.status.throttle',
    level: 'SHOULD',
    lines: ['L6', 'L7'],
    text: 'When the server answers 429 to a status request, it also sends Retry-After.',
    source: bulkData('export.html#bulk-data-status-request'),
    judge: (evidence) => {
      const throttled = polls(evidence).flatMap((each) => [
        ...(statusOf(each) === 429 ? [{ each, header: each.response?.headers['retry-after'] }] : []),
        ...retriesOf(each).flatMap((retry) =>
          isObject(retry as never) && at(retry as never, 'status') === 429 ? [{ each, header: asString(at(retry as never, 'retryAfter')) }] : [],
        ),
      ]);
      if (throttled.length === 0) return notApplicable('The payer never answered a poll with 429.');
      return worst(
        throttled.map(({ each, header }) =>
          check(
            parseRetryAfter(header, Date.parse(each.startedAt)).kind === 'wait',
            each,
            '429 with Retry-After',
            `Retry-After: ${header ?? 'absent'}`,
          ),
        ),
      );
    },
    faults: [
      {
        name: 'throttles polls without Retry-After',
        at: 'bulk.status',
        behaviour: 'throttles-without-retry-after',
        alsoFails: { 'err.retry-after': 'the general rule for 429' },
      },
    ],
  },
  {
    id: 'bulk.status.token',
    level: 'SHALL',
    lines: ['L3'],
    text: 'Polling needs the same protection as kick-off.',
    source: bulkData('export.html#privacy-and-security-considerations'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    applies: needsToken,
    judge: (evidence) =>
      worst(['bulk.status.no-token', 'bulk.status.broken-token'].map((probe) => onEach({ step: 'bulk.status', probe }, refusedPoll)(evidence))),
    faults: [{ name: 'answers polls without a token', at: 'bulk.status', behaviour: 'polls-without-token' }],
  },
  {
    about: jobFailed,
    id: 'bulk.status.error',
    level: 'SHALL',
    lines: ['L7'],
    text: 'A failed job answers 4XX/5XX.',
    source: bulkData('export.html#response---error-status-1'),
    judge: onFailure((last) => {
      if (stateOf(last) >= 400) return pass;
      const errors = itemsOf(jsonOf(last.response) ?? null, 'error').length;
      return check(stateOf(last) === 200 && errors > 0, last, 'a 4xx or 5xx status, or error files', describeBody(last));
    }),
    faults: [
      {
        name: 'ends a failed job with an empty manifest',
        at: 'bulk.status',
        alter: onStatus(500, (response, request) => ({
          status: 200,
          headers: { ...response.headers, 'content-type': 'application/json', expires: 'Wed, 01 Jan 2098 00:00:00 GMT' },
          body: JSON.stringify({ transactionTime: '2026-01-05T08:00:00Z', request: request.url, requiresAccessToken: true, output: [], error: [] }),
        })),
        alsoFails: { 'bulk.manifest.fields': 'the manifest names the poll for the kick-off' },
      },
    ],
  },
  {
    about: jobFailed,
    id: 'bulk.status.error-outcome',
    level: 'SHOULD',
    lines: ['L7'],
    text: 'The failed-job answer is an OperationOutcome with Content-Type application/fhir+json.',
    source: bulkData('export.html#response---error-status-1'),
    holds: [
      { ig: guides.bulk, from: '2.0.0' },
      { ig: guides.bulk, to: '1.0.1', level: 'SHALL' },
    ],
    judge: onFailure((last) => {
      if (stateOf(last) < 400) return notApplicable('The failing job ended without an error status.');
      const media = mediaTypeOf(last.response);
      return check(
        hasOutcome(last) && (media === 'application/fhir+json' || media === 'application/json'),
        last,
        'an OperationOutcome as application/fhir+json',
        `${media}: ${clip(last.response?.body ?? '', 120)}`,
      );
    }),
    faults: [
      {
        name: 'reports a failed job without an OperationOutcome',
        at: 'bulk.status',
        alter: onStatus(500, bareError(500)),
        alsoFails: { 'err.oo.on-failure': 'the same row for all of FHIR' },
      },
    ],
  },
  {
    id: 'bulk.status.transient',
    level: 'SHOULD',
    lines: ['L7'],
    text: 'A polling fault that does not end the job uses an issue code transient (or a child).',
    source: bulkData('export.html#response---error-status-1'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: (evidence) => {
      const byJob = new Map<string, Exchange[]>();
      for (const poll of polls(evidence)) byJob.set(poll.request.url, [...(byJob.get(poll.request.url) ?? []), poll]);
      const passed = [...byJob.values()].flatMap((all) =>
        all.filter((each, index) => stateOf(each) >= 500 && all.slice(index + 1).some((later) => stateOf(later) < 300)),
      );
      if (passed.length === 0) return notApplicable('No poll failed and then succeeded.');
      return worst(
        passed.map((each) => {
          const codes = asArray(at(jsonOf(each.response), 'issue')).flatMap((issue) => asString(at(issue, 'code')) ?? []);
          return check(
            codes.some(isTransient),
            each,
            'issue.code transient (or a child) for a fault that passes',
            codes.length === 0 ? describeBody(each) : `issue.code ${codes.join(', ')}`,
          );
        }),
      );
    },
    faults: [{ name: 'calls a passing fault final', at: 'bulk.status', behaviour: 'stumbles-with-processing' }],
  },
  {
    id: 'bulk.status.x-progress',
    level: 'MAY',
    lines: ['L5'],
    text: 'X-Progress, if sent, is below 100 characters.',
    source: bulkData('export.html#response---in-progress-status'),
    judge: (evidence) => {
      const with_ = polls(evidence).filter((each) => each.response?.headers['x-progress'] !== undefined);
      if (with_.length === 0) return notApplicable('The payer sends no X-Progress.');
      return worst(
        with_.map((each) => {
          const { length } = each.response?.headers['x-progress'] ?? '';
          return length < 100 ? pass : warn(each, 'X-Progress of less than 100 characters', `${length} characters`);
        }),
      );
    },
    faults: [
      { name: 'sends an essay as X-Progress', at: 'bulk.status', alter: onStatus(202, withHeader('x-progress', 'almost there '.repeat(150).trim())) },
    ],
  },
  {
    id: 'bulk.status.separate',
    level: 'SHALL',
    lines: ['L5'],
    text: 'With Prefer: respond-async,separate-export-status, and Preference-Applied returned, polls answer 200 with X-Export-Status for the job state.',
    source: bulkData3('export.html#headers'),
    holds: [{ ig: guides.bulk, from: '3.0.0' }],
    judge: (evidence) => {
      const started = select(evidence, { step: 'bulk.kickoff', variant: 'separate' })[0];
      if (!started) return notReached(evidence, { step: 'bulk.kickoff', variant: 'separate' });
      const applied = started.response?.headers['preference-applied'] ?? '';
      if (!applied.includes('separate-export-status')) return notApplicable('The payer does not apply separate-export-status.');
      if (!applied.includes('respond-async'))
        return fail(started, 'Preference-Applied with respond-async and separate-export-status', `Preference-Applied: ${applied}`);
      return onEach({ step: 'bulk.status', variant: 'separate' }, (poll) => {
        const seen = poll.response?.headers['x-export-status'];
        return check(
          statusOf(poll) === 200 && /^\s*(202|200|[45]\d\d)/.test(seen ?? ''),
          poll,
          '200 with X-Export-Status for the state of the job',
          `status ${statusOf(poll)}, X-Export-Status: ${seen ?? 'absent'}`,
        );
      })(evidence);
    },
    faults: [
      {
        name: 'applies separate-export-status but sends no X-Export-Status',
        at: 'bulk.status',
        alter: withHeader('x-export-status', undefined),
        alsoFails: {
          'bulk.manifest.complete': 'without the state, the first 200 looks like the end',
          'bulk.manifest.fields': 'without the state, the first 200 looks like the end',
        },
      },
    ],
  },
]);
