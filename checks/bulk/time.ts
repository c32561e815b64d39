import { fail, notTestable, pass, select, statusOf } from '../../src/core/findings.ts';
import { parseRetryAfter } from '../../src/core/http-date.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { asynchronous, fhirApi } from '../../src/core/steps.ts';
import { notAgreed, stated } from '../applies.ts';
import { group } from '../group.ts';
import { useCase } from '../sources.ts';
import { onStatus, withHeader } from './alter.ts';

const day = 86_400_000;

/** Kick-offs with the answer that the payer gave to each job, and its polls in order. */
function jobsOf(evidence: Evidence): readonly { readonly kickoff: Exchange; readonly polls: readonly Exchange[] }[] {
  const polls = select(evidence, { step: 'bulk.status' });
  return select(evidence, { step: 'bulk.kickoff', where: (each) => statusOf(each) === 202 })
    .map((kickoff) => ({
      kickoff,
      polls: polls.filter((poll) => poll.request.url === kickoff.response?.headers['content-location'] && poll.variant === kickoff.variant),
    }))
    .filter((job) => job.polls.length > 0);
}

const endOf = (exchange: Exchange): number => Date.parse(exchange.startedAt) + exchange.timing.total;

/** Nearest-rank percentile of a few samples. */
const percentile = (values: readonly number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? 0;
};

/** End of the next business day after an instant, in the latest time zone, and one day more for a holiday that we do not know of. */
function businessDayAfter(instant: number): number {
  let end = instant + day;
  while ([0, 6].includes(new Date(end).getUTCDay())) end += day;
  return end + 12 * 3_600_000 + day;
}

export const bulkTimeChecks: readonly Check[] = group({ scenarios: asynchronous, lines: ['L5', 'L6'] }, [
  {
    id: 'time.bulk.kickoff',
    level: 'FAST',
    measures: 'answer time',
    text: 'Kick-off answers within 5 s at p95 whatever the size of the Group.',
    source: useCase('Scenario 1 line 6'),
    applies: ({ target }) =>
      target.agreement?.limits?.['bulk.kickoff']?.p95 !== undefined || notAgreed(target, 'agreement.limits["bulk.kickoff"].p95'),
    judge: (evidence) => {
      const limit = evidence.target.agreement?.limits?.['bulk.kickoff']?.p95 ?? 0;
      const taken = select(evidence, { step: 'bulk.kickoff', where: (each) => statusOf(each) === 202 && each.facts?.['bulk.retries'] === undefined });
      const slowest = [...taken].sort((a, b) => b.timing.total - a.timing.total)[0];
      if (!slowest) return notTestable('No kick-off was accepted.', 'not-offered');
      const seen = percentile(
        taken.map((each) => each.timing.total),
        95,
      );
      return seen <= limit
        ? pass
        : fail(slowest, `kick-offs answered within ${limit} ms at p95`, `p95 of ${taken.length} kick-offs: ${Math.round(seen)} ms`);
    },
    faults: [
      {
        name: 'blocks at the kick-off',
        alsoFails: { 'time.agreed.declared': 'the limit is part of the agreement' },
        at: 'bulk.kickoff',
        delayMs: 35,
        target: { agreement: { limits: { 'bulk.kickoff': { p95: 25 } } } },
      },
    ],
  },
  {
    id: 'time.bulk.progress',
    level: 'FAST',
    measures: 'answer time',
    text: 'A bulk job ends within the agreed time.',
    source: useCase('Scenario 1 line 6'),
    applies: ({ target }) =>
      target.agreement?.limits?.['bulk.job']?.timeout !== undefined || notAgreed(target, 'agreement.limits["bulk.job"].timeout'),
    judge: (evidence) => {
      const limit = evidence.target.agreement?.limits?.['bulk.job']?.timeout ?? 0;
      const jobs = jobsOf(evidence);
      if (jobs.length === 0) return notTestable('No export was followed to its end.', 'not-offered');
      let unfinished: Finding | undefined;
      for (const { kickoff, polls } of jobs) {
        const last = polls.at(-1) as Exchange;
        const taken = endOf(last) - endOf(kickoff);
        if (taken > limit)
          return fail(last, `the job done within ${limit} ms`, `${statusOf(last) === 202 ? 'still running' : 'done'} after ${Math.round(taken)} ms`);
        if (statusOf(last) === 202)
          unfinished = notTestable(
            `We stopped watching ${kickoff.variant ?? 'a job'} after ${Math.round(taken)} ms, within the agreed limit.`,
            'ours',
          );
      }
      return unfinished ?? pass;
    },
    faults: [
      {
        name: 'never ends a job',
        alsoFails: { 'time.agreed.declared': 'the limit is part of the agreement' },
        at: 'bulk.status',
        behaviour: 'never-ends',
        target: { agreement: { limits: { 'bulk.job': { timeout: 60 } } } },
      },
    ],
  },
  {
    id: 'time.provider-access',
    level: 'SHALL',
    measures: 'answer time',
    lines: ['L6'],
    scenarios: fhirApi,
    text: 'An impacted payer makes requested provider access data available within one business day of the request.',
    source: {
      ig: '42 CFR 422.121 (CMS-0057-F)',
      version: 'applies from 2027-01-01',
      url: 'https://www.ecfr.gov/current/title-42/section-422.121',
      section: '(a)(2)',
    },
    applies: ({ target }) =>
      stated(target, 'cms-0057', 'whether this is an impacted payer, an in-network requester and a date from 2027-01-01 on: true or false'),
    judge: (evidence) => {
      const jobs = jobsOf(evidence);
      if (jobs.length === 0) return notTestable('No export was followed to its end.', 'not-offered');
      for (const { kickoff, polls } of jobs) {
        const last = polls.at(-1) as Exchange;
        const due = businessDayAfter(endOf(kickoff));
        const told = parseRetryAfter(last.response?.headers['retry-after'], Date.parse(last.startedAt));
        const soonest = statusOf(last) === 202 && told.kind === 'wait' ? endOf(last) + told.ms : endOf(last);
        if (soonest > due)
          return fail(
            last,
            `the data within one business day of the request (by ${new Date(due).toISOString().slice(0, 10)}, a holiday allowed for)`,
            `not before ${new Date(soonest).toISOString()}`,
          );
      }
      return jobs.every(({ polls }) => statusOf(polls.at(-1) as Exchange) !== 202)
        ? pass
        : notTestable('A job was still running when we stopped, within one business day.', 'ours');
    },
    faults: [
      {
        name: 'asks to come back after a week of work',
        at: 'bulk.status',
        alter: onStatus(202, withHeader('retry-after', '600000')),
        target: { statements: { 'cms-0057': true } },
      },
    ],
  },
]);
