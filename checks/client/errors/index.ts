import type { ClientRow } from '../../../src/core/client-row.ts';
import { asString, at as path, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, fail, notTestable, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import { came, left } from '../../../src/core/heard.ts';
import type { Exchange, Finding, Step } from '../../../src/core/model.ts';
import { allScenarios, fhirApi } from '../../../src/core/steps.ts';
import { rfc, useCase } from '../../sources.ts';
import { aboutMembers, at, atMost, attested, clinical, gap, none, onCase, onPlayed, repeatsOf, same, seconds, status, waits } from '../marks.ts';

const l7 = { lines: ['L7'], scenarios: allScenarios } as const;
const four = [400, 404, 406, 410, 412, 422];
/** Failures that the payer explains to the person. */
const troubles = ['E1', ...four.map((each) => `E1-${each}`), 'E4r', 'E8', 'E8s', 'E8g', 'I3a', 'I3b', 'I3c'];
const is =
  (...codes: readonly number[]) =>
  (each: Exchange): boolean =>
    codes.includes(status(each));
/** How often such a POST may come in all, when the connection broke: a match and a question about coverage change nothing. */
const mayCome: Readonly<Partial<Record<Step, number>>> = { 'member-match': 2, 'cds.hook': 2, 'bulk.kickoff': 1, register: 1 };
const hung = (each: Exchange): boolean => each.facts?.['heard.end'] === 'closed by the client';

export const errorRows: readonly ClientRow[] = [
  {
    id: 'client.error.403-no-repeat',
    level: 'SHOULD',
    text: 'A 403 is not repeated with the same credentials.',
    source: rfc(9110, '2022', '15.5.4'),
    ...l7,
    lines: ['L3', 'L7'],
    cases: ['E1', 'E1r', 'E1k'],
    judge: onPlayed(
      ['E1', 'E1r', 'E1k'],
      is(403),
      ({ heard, seen }) =>
        none(
          repeatsOf(seen, heard).filter((each) => each.request.headers['authorization'] === seen.request.headers['authorization']),
          'repeat of what was answered 403, with the same token',
        ),
      { silence: true },
    ),
    faults: [
      { name: 'repeats a search that was answered 403', behaves: 'repeats-403', in: ['E1'] },
      { name: 'repeats a read that was answered 403', behaves: 'repeats-403', in: ['E1r'] },
      { name: 'starts an export again that it may not have', behaves: 'starts-again-after-403', in: ['E1k'] },
    ],
  },
  {
    id: 'client.error.4xx-no-repeat',
    level: 'FAST',
    text: '400, 404, 406, 410, 412 and 422 are not repeated unchanged.',
    source: useCase('Requirement line L7 errors'),
    ...l7,
    cases: four.map((each) => `E1-${each}`),
    judge: onCase(
      ['E1-400', ...four.slice(1).map((each) => `E1-${each}`)],
      is(...four),
      ({ heard, seen }) => atMost(1, repeatsOf(seen, heard), `repeat of what was answered ${status(seen)}`, seen),
      { silence: true },
    ),
    faults: [{ name: 'repeats what was answered 404', behaves: 'repeats-404', in: ['E1-404'] }],
  },
  {
    id: 'client.error.401-once',
    level: 'FAST',
    text: 'A 401 leads to one new token and one repeat, then to a stop.',
    source: useCase('Requirement line L7 errors'),
    ...l7,
    lines: ['L3', 'L7'],
    cases: ['E2', 'E3'],
    judge: onCase(
      ['E2', 'E3'],
      is(401),
      ({ heard, seen, after }) => {
        const repeats = repeatsOf(seen, heard);
        const renewed = after.find(at('token'));
        return worst([
          atMost(2, after.filter(at('token')), 'new tokens after a 401', seen),
          atMost(2, repeats, 'repeats of what was answered 401', seen),
          none(
            repeats.filter((each) => renewed === undefined || came(each) < came(renewed)),
            'repeat without a new token',
          ),
        ]);
      },
      { silence: true },
    ),
    faults: [{ name: 'fetches token after token', behaves: 'renews-for-ever' }],
  },
  {
    id: 'client.error.retry-after',
    level: 'FAST',
    text: '429 and 503 with Retry-After on any request are honoured, and repeats of a failing request are few and become rarer.',
    source: useCase('Requirement line L6 time'),
    lines: ['L6', 'L7'],
    scenarios: allScenarios,
    cases: ['E4', 'E4t', 'E4m', 'E4r', 'E4h'],
    judge: (hearing) => {
      const told = onPlayed(['E4', 'E4t', 'E4m', 'E4h'], is(429, 503), ({ heard, seen, after, share }) => {
        // An assertion is new each time: the repeat of a token request is the next one. So is that of a hook, which may have a body of its own.
        const next = at('token')(seen)
          ? after.find(at('token'))
          : at('cds.hook')(seen)
            ? after.find((each) => each.request.url === seen.request.url)
            : repeatsOf(seen, heard)[0];
        return next === undefined ? pass : waits(seen, next, Math.max(300, 500 * share));
      });
      const failing = onPlayed(
        ['E4r'],
        (each) => at('read')(each) && status(each) === 500,
        ({ heard, seen }) => {
          const all = heard.filter((each) => same(each, seen));
          const gaps = all.slice(1).map((each, nth) => gap(all[nth] as Exchange, each));
          const grows = gaps.length < 2 || (gaps.at(-1) ?? 0) >= (gaps[0] ?? 0);
          return worst([atMost(8, all, 'tries of a read that fails', seen), check(grows, seen, 'intervals that grow', gaps.map(seconds).join(', '))]);
        },
      );
      // Who makes one of the journeys is judged by that.
      const found = [told(hearing), failing(hearing)];
      const met = found.filter((each) => each.outcome !== 'not-testable' || each.because !== 'target-file');
      return worst(met.length === 0 ? found : met);
    },
    faults: [
      { name: 'repeats at once what it should ask later', behaves: 'does-not-wait', in: ['E4', 'E4t', 'E4m'] },
      { name: 'repeats a hook at once', behaves: 'does-not-wait', in: ['E4h'] },
      { name: 'asks a dozen times for a read that fails', behaves: 'hammers', in: ['E4r'] },
    ],
  },
  {
    id: 'client.error.nonidempotent',
    level: 'SHOULD',
    text: 'A POST that broke off is not repeated by itself unless the client can tell that this is harmless.',
    source: rfc(9110, '2022', '9.2.2'),
    ...l7,
    cases: ['E5', 'E5k', 'E5h', 'E5r'],
    judge: onPlayed(
      ['E5', 'E5k', 'E5h', 'E5r'],
      (each) => each.step in mayCome && each.response === null,
      ({ heard, seen }) => {
        const all = heard.filter((each) => at(seen.step)(each) && each.request.url === seen.request.url);
        const instances = new Set(all.map((each) => asString(path(requestJsonOf(each.request), 'hookInstance'))));
        return worst([
          atMost(mayCome[seen.step] ?? 1, all, 'such POST in all', seen),
          check(!at('cds.hook')(seen) || instances.size === 1, all[1] ?? seen, 'a hook repeated under its hookInstance', 'another one'),
        ]);
      },
    ),
    faults: [
      { name: 'starts an export again when the connection broke', behaves: 'repeats-posts', in: ['E5k'] },
      { name: 'asks a hook again and again when the connection broke', behaves: 'repeats-posts', in: ['E5h'] },
      { name: 'registers again when the connection broke', behaves: 'repeats-posts', in: ['E5r'] },
    ],
  },
  {
    id: 'client.error.redirect-loop',
    level: 'SHOULD',
    text: 'Redirect loops are detected.',
    source: rfc(9110, '2022', '15.4'),
    ...l7,
    cases: ['E6'],
    judge: onCase(
      ['E6'],
      (each) => status(each) === 307,
      ({ heard, seen }) =>
        atMost(
          20,
          heard.filter((each) => /\/loop\/[ab]$/.test(each.request.url)),
          'requests between two addresses that redirect to each other',
          seen,
        ),
      { silence: true },
    ),
    faults: [{ name: 'follows forty redirects', behaves: 'forty-redirects' }],
  },
  {
    id: 'client.error.garbage-body',
    level: 'FAST',
    text: 'HTML error pages, torn JSON, wrong content types and very large bodies do not break the client.',
    source: useCase('Requirement line L7 errors'),
    ...l7,
    cases: ['E7a', 'E7b', 'E7c', 'E7d'],
    judge: onCase(['E7a', 'E7b', 'E7c', 'E7d'], at('search'), ({ play, seen, heard }) =>
      play.after === 'not played'
        ? notTestable(`Case ${play.case}: no control followed.`, 'set-up')
        : worst([
            check(play.after === 'completed', seen, 'the next journey at a healthy payer, whole', `it did not come about after case ${play.case}`),
            atMost(1, repeatsOf(seen, heard), 'more request for the same', seen),
          ]),
    ),
    faults: [{ name: 'dies of a page of HTML', behaves: 'dies-of-html' }],
  },
  {
    id: 'client.error.token-error-stops',
    level: 'FAST',
    text: 'After invalid_client, invalid_scope or invalid_grant the client asks no data without a token and does not loop on the token endpoint.',
    source: useCase('Requirement line L7 errors'),
    lines: ['L3', 'L7'],
    scenarios: fhirApi,
    cases: ['E8', 'E8s', 'E8g'],
    judge: onCase(
      ['E8', 'E8s', 'E8g'],
      (each) => at('token')(each) && status(each) === 400,
      ({ heard, seen, after }) =>
        worst([atMost(2, heard.filter(at('token')), 'token requests', seen), none(after.filter(aboutMembers), 'request for data without a token')]),
      { silence: true },
    ),
    faults: [
      { name: 'loops on the token endpoint', behaves: 'loops-on-tokens' },
      { name: 'asks for data without a token', behaves: 'asks-without-token' },
    ],
  },
  {
    id: 'client.error.path-forward',
    level: 'FAST',
    text: 'After each failure the user is told what happened and what to do next, using what the payer said.',
    source: useCase('Post-condition P5 (path forward)'),
    ...l7,
    cases: troubles,
    judge: onPlayed(
      troubles,
      // The answer has the word of the case in its words.
      (each) => status(each) >= 400 && /\([0-9a-f]{8}\)/.test(each.response?.body ?? ''),
      (scene) => attested(scene, pass),
    ),
    faults: [{ name: 'says "An error occurred"', behaves: 'tells-nothing', in: ['E1', 'E8'] }],
  },
  {
    id: 'client.load.timeout',
    level: 'FAST',
    text: 'A hanging answer is given up within the agreed time, once.',
    source: useCase('Requirement line L6 time'),
    lines: ['L6', 'L7'],
    scenarios: allScenarios,
    cases: ['L1', 'L1b', 'L1c'],
    judge: onCase(
      ['L1', 'L1b', 'L1c'],
      (each) => clinical(each) && hung(each),
      ({ heard, share, play, seen }): Finding => {
        const limit = Math.max(66_000 * share, 14_000) + 1000;
        const open = heard.filter(hung);
        return worst([
          worstOfAll(
            open.map((each) =>
              check(
                left(each) - came(each) <= limit,
                each,
                `given up within ${seconds(limit)}`,
                `still open after ${seconds(left(each) - came(each))}`,
              ),
            ),
          ),
          open[0] === undefined ? pass : atMost(2, repeatsOf(open[0], heard), 'more request that hangs', open[0]),
          check(play.after !== 'failed', seen, 'the next journey at a healthy payer, whole', `it did not come about after case ${play.case}`),
        ]);
      },
    ),
    faults: [
      { name: 'waits far beyond the agreed time', behaves: 'waits-for-ever' },
      { name: 'does nothing more once an answer did not come', behaves: 'dies-of-silence', in: ['L1'] },
    ],
  },
  {
    id: 'client.load.concurrency',
    level: 'FAST',
    text: 'The client keeps within the agreed number of parallel requests.',
    source: useCase('Requirement line L6 time'),
    lines: ['L6'],
    scenarios: allScenarios,
    cases: ['L2'],
    judge: onCase(['L2'], at('bulk.file'), ({ heard, seen }) => {
      const most = heard.reduce((found, each) => ((each.facts?.['heard.open'] ?? 0) > (found.facts?.['heard.open'] ?? 0) ? each : found), seen);
      const open = most.facts?.['heard.open'] ?? 0;
      return open <= 10 ? pass : fail(most, 'at most 10 requests open at a time', String(open));
    }),
    faults: [
      {
        name: 'fetches forty files at once',
        behaves: 'forty-at-once',
        alsoFails: { 'client.load.rate': 'so many at once are more than the agreed rate' },
      },
    ],
  },
];
