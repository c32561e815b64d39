import type { ClientRow } from '../../../src/core/client-row.ts';
import { check, fail, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { asynchronous } from '../../../src/core/steps.ts';
import { bulkData, useCase } from '../../sources.ts';
import { at, atMost, attested, due, gap, none, onCase, repeatsOf, type Scene, seconds, served, status, waits } from '../marks.ts';

const polls = (heard: readonly Exchange[]): readonly Exchange[] => heard.filter(at('bulk.status'));
const pairs = (all: readonly Exchange[]): readonly (readonly [Exchange, Exchange])[] => all.slice(1).map((each, nth) => [all[nth] as Exchange, each]);
const stopped = (scene: Scene): Finding =>
  due(scene, fail(scene.seen, 'polling until the manifest comes', `no further status request within the window (${scene.seen.suite})`));
const kickoffs = (heard: readonly Exchange[]): readonly Exchange[] => heard.filter(at('bulk.kickoff'));
const statusPage = bulkData('export.html#bulk-data-status-request');
const shared = { lines: ['L5', 'L6'], scenarios: asynchronous } as const;

/** Each poll waits as long as the answer before it wanted. */
const patient =
  (tolerance: (share: number) => number) =>
  (scene: Scene): Finding => {
    const { heard, seen, share } = scene;
    const asked = polls(heard);
    if (asked.at(-1) === seen) return stopped(scene);
    return worstOfAll(pairs(asked).map(([before, next]) => waits(before, next, tolerance(share))));
  };

export const pollingRows: readonly ClientRow[] = [
  {
    id: 'client.bulk.poll.retry-after-seconds',
    level: 'SHOULD',
    text: 'Retry-After in seconds informs the next status request.',
    source: statusPage,
    ...shared,
    cases: ['B2'],
    judge: onCase(
      ['B2'],
      (each) => at('bulk.status')(each) && status(each) === 202,
      patient(() => 500),
    ),
    faults: [{ name: 'polls at once, whatever Retry-After says', behaves: 'does-not-wait' }],
  },
  {
    id: 'client.bulk.poll.retry-after-date',
    level: 'SHOULD',
    text: 'Retry-After as HTTP-date is understood.',
    source: statusPage,
    ...shared,
    cases: ['B3'],
    judge: onCase(
      ['B3'],
      (each) => at('bulk.status')(each) && status(each) === 202,
      (scene) => {
        const [first, second] = polls(scene.heard);
        if (first === undefined || second === undefined) return stopped(scene);
        const crowd = polls(scene.heard).filter((each) => each !== first && gap(second, each) < 3000 * scene.share && gap(second, each) >= 0);
        // A date has no fractions of a second: who rounds them away comes up to one second early.
        return worst([waits(first, second, 1000), atMost(3, crowd, 'polls right after a date in the past', second)]);
      },
    ),
    faults: [{ name: 'takes a date for no time at all', behaves: 'reads-no-dates' }],
  },
  {
    id: 'client.bulk.poll.backoff',
    level: 'SHOULD',
    text: 'Without Retry-After the polling interval grows.',
    source: statusPage,
    ...shared,
    cases: ['B4'],
    judge: onCase(
      ['B4'],
      (each) => at('bulk.status')(each) && status(each) === 202,
      (scene) => {
        const { heard, seen, share } = scene;
        const gaps = pairs(polls(heard)).map(([before, next]) => gap(before, next));
        const [first] = gaps;
        if (first === undefined) return stopped(scene);
        const grows = gaps.slice(1).some((each) => each >= 2 * first * 0.7);
        return check(
          grows || gaps.every((each) => each >= 30_000 * share),
          seen,
          'a later interval at least twice the first',
          `intervals of ${gaps.map(seconds).join(', ')}`,
        );
      },
    ),
    faults: [{ name: 'polls at a steady pace', behaves: 'polls-steadily' }],
  },
  {
    id: 'client.bulk.429',
    level: 'FAST',
    text: 'A 429 at kick-off or while polling delays the client and neither kills the job nor starts another.',
    source: useCase('Requirement line L6 time'),
    lines: ['L5', 'L6', 'L7'],
    scenarios: asynchronous,
    cases: ['B5'],
    judge: onCase(
      ['B5'],
      (each) => status(each) === 429,
      (scene) => {
        const { heard, seen } = scene;
        const refused = heard.filter((each) => status(each) === 429);
        const again = refused.map((each): Finding => {
          const [next] = repeatsOf(each, heard);
          return next === undefined
            ? due(scene, fail(each, 'the same request again after the time that was asked for', `it never came (${each.suite})`))
            : waits(each, next);
        });
        const jobs = kickoffs(heard).filter((each) => status(each) === 202);
        return worst([...again, atMost(1, jobs, 'job in the end', seen)]);
      },
    ),
    faults: [
      { name: 'starts a second export beside the first', behaves: 'starts-two-jobs' },
      { name: 'gives a job up at 429', behaves: 'gives-up-at-429' },
    ],
  },
  {
    id: 'client.bulk.poll.transient',
    level: 'FAST',
    text: 'A transient polling failure (503, or 5xx with issue code transient) is followed by polling on.',
    source: useCase('Requirement line L7 errors'),
    lines: ['L5', 'L7'],
    scenarios: asynchronous,
    cases: ['B6'],
    judge: onCase(
      ['B6'],
      (each) => at('bulk.status')(each) && status(each) === 503,
      (scene) => {
        const { heard, seen, after } = scene;
        if (polls(after).length === 0) return stopped(scene);
        const files = heard.filter((each) => at('bulk.file')(each) && served(each));
        return worst([
          none(kickoffs(after), 'second kick-off'),
          due(scene, check(files.length > 0, seen, 'the files of this job', `no file was fetched (${seen.suite})`)),
        ]);
      },
    ),
    faults: [{ name: 'gives a job up at the first 503', behaves: 'gives-up-at-503' }],
  },
  {
    id: 'client.bulk.poll.stops-at-error',
    level: 'FAST',
    text: 'A final error on the status URL ends the polling and is reported with its cause.',
    source: useCase('Requirement line L7 errors'),
    lines: ['L5', 'L7'],
    scenarios: asynchronous,
    cases: ['B7', 'B7b'],
    judge: onCase(
      ['B7', 'B7b'],
      (each) => at('bulk.status')(each) && status(each) >= 400,
      (scene) =>
        attested(
          scene,
          worst([
            atMost(2, polls(scene.after), 'more status requests after the final error', scene.seen),
            none(kickoffs(scene.after), 'new kick-off that nobody asked for'),
          ]),
        ),
      { silence: true },
    ),
    faults: [
      { name: 'polls a job that has failed on and on', behaves: 'polls-for-ever' },
      { name: 'starts the export anew by itself', behaves: 'starts-again-after-failure' },
    ],
  },
  {
    id: 'client.bulk.delete',
    level: 'MAY',
    text: 'The client may release the job with DELETE.',
    source: bulkData('export.html#bulk-data-delete-request'),
    lines: ['L5'],
    scenarios: asynchronous,
    cases: ['B1'],
    judge: onCase(['B1'], at('bulk.file'), ({ heard }) => {
      const deleted = heard.find((each) => at('bulk.delete')(each));
      if (deleted === undefined) return { outcome: 'not-applicable', reason: 'The client did not release the job, which it need not.' };
      const later = polls(heard).filter((each) => each.request.url === deleted.request.url && gap(deleted, each) >= 0);
      return status(deleted) === 202 ? none(later, 'status request after DELETE') : pass;
    }),
    faults: [{ name: 'polls a job that it has deleted', behaves: 'polls-after-delete' }],
  },
];
