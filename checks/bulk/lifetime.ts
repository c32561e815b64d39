import { beside, decided, refusal } from '../../src/core/controls.ts';
import { asString } from '../../src/core/fhir.ts';
import {
  all,
  check,
  describeBody,
  fail,
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
import { guides } from '../../src/core/guides.ts';
import { parseHttpDate } from '../../src/core/http-date.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { cutShort } from '../../src/core/sample.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { useCase } from '../sources.ts';
import { mainKickoff, onManifest, withHeader } from './alter.ts';
import { otherClient } from './applies.ts';
import { ownAnswer } from './controls.ts';
import { deletes } from './delete.ts';
import { type Export, itemsOf, keyOf, linesOf, onEveryExport, onExport } from './exports.ts';

/** Clocks differ; a transactionTime this far ahead of ours is not the time of any query that has run. */
const skew = 300_000;

/** `40% done` as 40; undefined where X-Progress tells no percentage: it is free text. */
const percentOf = (poll: Exchange): number | undefined => {
  const found = /(\d+(?:\.\d+)?)\s*%/.exec(poll.response?.headers['x-progress'] ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
};

/** In-progress answers of each job, in order. */
function runningJobs(evidence: Evidence): readonly (readonly Exchange[])[] {
  const jobs = new Map<string, Exchange[]>();
  for (const poll of select(evidence, { step: 'bulk.status', where: (each) => percentOf(each) !== undefined })) {
    const key = `${poll.variant ?? ''} ${poll.request.url}`;
    jobs.set(key, [...(jobs.get(key) ?? []), poll]);
  }
  return [...jobs.values()];
}

/** What our token opens does not open to another's. */
const strangerRefused =
  (what: string) =>
  (exchange: Exchange, evidence: Evidence): Finding =>
    refusal(exchange, ownAnswer(evidence, exchange), 'The same request with the token of the kick-off', () => {
      const seen = statusOf(exchange);
      if (seen < 400) return fail(exchange, `401, 403 or 404 for ${what}`, `disclosed: ${describeBody(exchange)}`);
      return [401, 403, 404].includes(seen) ? pass : { ...pass, note: `refused with ${seen} rather than 401, 403 or 404` };
    });

/** The rows of a file that is fetched again are those of the first time, in whatever order. */
function sameRows(job: Export, again: Exchange): Finding {
  const first = job.files.find((file) => file.request.url === again.request.url && statusOf(file) === 200);
  if (first === undefined) return notTestable('The file could not be had the first time (see bulk.file.accessible).', 'payer');
  const cut = cutShort(first) ?? cutShort(again);
  if (cut !== undefined) return notTestable(`It was served again, but its rows are not at hand in full: ${cut}.`, 'ours');
  const here = new Set(linesOf(again).flatMap((row) => (row === undefined ? [] : keyOf(row))));
  const missing = linesOf(first).flatMap((row) => (row === undefined || here.has(keyOf(row)) ? [] : keyOf(row)));
  return missing.length === 0 ? pass : fail(again, 'the rows that the file had before', `${missing.length} are missing, e.g. ${missing[0]}`);
}

/** What holds between the answers of one export over its life, and between exports: no single answer shows it. */
export const lifetimeChecks: readonly Check[] = group({ scenarios: asynchronous, holds: [{ ig: guides.bulk }] }, [
  {
    id: 'bulk.kickoff.own-url',
    level: 'FAST',
    lines: ['L5'],
    text: 'Different kick-offs get different status URLs.',
    source: useCase('Scenario 6'),
    judge: (evidence) => {
      const started = select(evidence, {
        step: 'bulk.kickoff',
        where: (each) => statusOf(each) === 202 && each.response?.headers['content-location'] !== undefined,
      });
      if (started.length < 2) return notTestable('Fewer than two kick-offs were accepted in this run.', 'not-offered');
      const asked = ({ request }: Exchange): string => `${request.method} ${request.url} ${request.body ?? ''}`;
      const first = new Map<string, Exchange>();
      for (const each of started) {
        const url = each.response?.headers['content-location'] ?? '';
        const other = first.get(url);
        // The same question may well be answered by the same job.
        if (other && asked(other) !== asked(each)) return fail(each, 'a status URL of its own', `${url}, which ${asked(other)} was given before`);
        first.set(url, each);
      }
      return pass;
    },
    faults: [
      {
        name: 'gives several exports one status URL',
        at: 'bulk.kickoff',
        alter: (response, request) =>
          response.status === 202 && request.url.includes('_outputFormat=')
            ? withHeader('content-location', `${/^https?:\/\/[^/]+/.exec(request.url)?.[0] ?? ''}/fhir/jobs/of-all`)(response, request)
            : response,
      },
    ],
  },
  {
    id: 'bulk.status.progress-forward',
    level: 'FAST',
    lines: ['L5'],
    text: 'Where X-Progress tells a percentage, it does not go backwards.',
    source: useCase('Scenario 1 line 5'),
    judge: (evidence) => {
      const jobs = runningJobs(evidence);
      if (jobs.length === 0) return notApplicable('X-Progress tells no percentage.');
      if (jobs.every((polls) => polls.length < 2)) return notApplicable('No job was seen in progress twice, so none could go back.');
      return worst(
        jobs.flatMap((polls) =>
          polls.map((poll, index) => {
            const [before, now] = [percentOf(polls[index - 1] ?? poll) ?? 0, percentOf(poll) ?? 0];
            return check(now >= before, poll, `X-Progress of at least ${before} %, as told before`, `${now} %`);
          }),
        ),
      );
    },
    faults: [{ name: 'tells less progress at each poll', at: 'bulk.status', behaviour: 'goes-backwards' }],
  },
  {
    id: 'bulk.manifest.time-past',
    level: 'FAST',
    lines: ['L5', 'L6'],
    text: 'transactionTime does not lie in the future, so that it can be the _since of the next export.',
    source: useCase('Scenario 6'),
    judge: onEveryExport(({ manifest, final }) => {
      const told = asString(manifest['transactionTime']) ?? '';
      const time = Date.parse(told);
      if (Number.isNaN(time)) return notTestable('transactionTime is no instant (see bulk.manifest.fields).', 'payer');
      const seen = Date.parse(final.startedAt) + final.timing.total;
      return check(
        time <= seen + skew,
        final,
        `transactionTime no later than the answer (${new Date(seen).toISOString()}, five minutes allowed)`,
        `transactionTime ${told}`,
      );
    }),
    faults: [
      {
        name: 'dates an export into the future',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({ ...manifest, transactionTime: '2999-01-01T00:00:00Z' })),
      },
    ],
  },
  {
    id: 'bulk.file.until-expires',
    level: 'FAST',
    lines: ['L6'],
    text: 'A file can be fetched again, with the same rows, as long as its manifest has not expired.',
    source: useCase('Scenario 6'),
    judge: onExport('group', (job, evidence) => {
      if (itemsOf(job.manifest).length === 0) return notApplicable('The export has no file.');
      const again = select(evidence, { step: 'bulk.file', variant: 'group/again' })[0];
      if (!again) return notReached(evidence, { step: 'bulk.file', variant: 'group/again' });
      const none = unanswered(again);
      if (none) return none;
      const expires = parseHttpDate(job.final.response?.headers['expires']);
      if (statusOf(again) === 200) return sameRows(job, again);
      if (statusOf(job.tried.find((file) => file.request.url === again.request.url) ?? again) !== 200)
        return notTestable('The file could not be had the first time either (see bulk.file.accessible).', 'payer');
      if (expires !== undefined && expires <= Date.parse(again.startedAt))
        return notTestable('The manifest had expired before the second look.', 'payer');
      return fail(again, `the file, as Expires is ${job.final.response?.headers['expires'] ?? 'not told'}`, `status ${statusOf(again)}`);
    }),
    faults: [
      { name: 'serves each file twice and no more', at: 'bulk.file', behaviour: 'serves-files-twice' },
      { name: 'leaves the first row out when a file is fetched again', at: 'bulk.file', behaviour: 'serves-fewer-rows-again' },
    ],
  },
  {
    id: 'bulk.delete.files',
    level: 'FAST',
    lines: ['L3', 'L5'],
    text: 'After DELETE the files of the export are no longer served.',
    source: useCase('Scenario 6'),
    applies: deletes,
    judge: onFirst({ step: 'bulk.file', variant: 'group/deleted' }, (exchange, evidence) =>
      all(
        () => decided(exchange) ?? pass,
        () => beside(select(evidence, { step: 'bulk.delete', variant: 'group' })[0], 'The DELETE of this export', () => pass),
        () =>
          beside(ownAnswer(evidence, exchange), 'The same file before the DELETE', () =>
            check(statusOf(exchange) >= 400, exchange, '404 or 410 for a file of a deleted export', `status ${statusOf(exchange)}: still served`),
          ),
      ),
    ),
    faults: [{ name: 'serves the files of a deleted export', at: 'bulk.file', behaviour: 'keeps-files' }],
  },
  {
    id: 'bulk.delete.running',
    level: 'FAST',
    lines: ['L5'],
    text: 'An export that is still running can be cancelled.',
    source: useCase('Scenario 6'),
    applies: deletes,
    // Taken back right after they were started; one that had ended by then may be gone, and what was polled to its end or deleted before is not running.
    judge: (evidence) => {
      const cleanUps = select(evidence, { step: 'bulk.delete', variant: 'clean-up' });
      const ended = (each: Exchange): boolean =>
        evidence.exchanges.some(
          ({ index, step, request, response }) =>
            index < each.index &&
            request.url === each.request.url &&
            (step === 'bulk.delete' || (step === 'bulk.status' && response !== null && ![202, 429, 503].includes(response.status))),
        );
      const found = cleanUps.filter((each) => !ended(each));
      if (found.length === 0 && cleanUps.length > 0) return notTestable('Every export had ended before it was cancelled.', 'test-data');
      if (found.length === 0) return notReached(evidence, { step: 'bulk.delete', variant: 'clean-up' });
      const judged = found.map((exchange) => {
        const seen = statusOf(exchange);
        if ([404, 410].includes(seen)) return notTestable(`The export had ended before it was cancelled: ${describeBody(exchange)}.`, 'test-data');
        if (seen !== 202 && seen >= 200 && seen < 300)
          return notTestable(`DELETE is answered with ${seen} rather than 202 (see bulk.delete.accepted).`, 'payer');
        return unanswered(exchange) ?? check(seen === 202, exchange, '202 for DELETE on a running export', describeBody(exchange));
      });
      const telling = judged.filter((each) => each.outcome !== 'not-testable' || each.because !== 'test-data');
      return worst(telling.length > 0 ? telling : judged);
    },
    faults: [{ name: 'cancels exports only when they have ended', at: 'bulk.delete', behaviour: 'cancels-ended-jobs-only' }],
  },
  {
    id: 'bulk.isolation.status',
    level: 'FAST',
    lines: ['L3', 'L4'],
    text: "Another organization's token does not open the status URL of an export.",
    source: useCase('Scenario 6'),
    applies: otherClient,
    judge: onFirst({ step: 'bulk.status', probe: 'bulk.status.other-client' }, strangerRefused("another organization's poll")),
    faults: [{ name: 'shows every client the jobs of all', at: 'bulk.status', behaviour: 'shows-jobs-to-all' }],
  },
  {
    id: 'bulk.isolation.file',
    level: 'FAST',
    lines: ['L3', 'L4'],
    text: "Another organization's token does not open the files of an export.",
    source: useCase('Scenario 6'),
    applies: otherClient,
    judge: onExport('group', (job, evidence) => {
      if (job.manifest['requiresAccessToken'] === false) return notApplicable('The files need no token: whoever has the URL may read.');
      return onFirst({ step: 'bulk.file', probe: 'bulk.file.other-client' }, strangerRefused("a file with another organization's token"))(evidence);
    }),
    faults: [{ name: 'gives every client the files of all', at: 'bulk.file', behaviour: 'gives-files-to-all' }],
  },
]);
