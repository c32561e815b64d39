import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTerminal } from '../../reports/render.ts';
import { cardsView } from '../../reports/view/cards.ts';
import { conformanceView } from '../../reports/view/conformance.ts';
import { curlOf } from '../../reports/view/curl.ts';
import { discoveryView } from '../../reports/view/discovery.ts';
import { exchangeViews } from '../../reports/view/exchange.ts';
import { fixFirstView } from '../../reports/view/fix-first.ts';
import { latencyView } from '../../reports/view/latency.ts';
import { openView } from '../../reports/view/open.ts';
import { responsibleFor } from '../../reports/view/responsible.ts';
import { duration, instant, shown } from '../../reports/view/text.ts';
import { limitsOf } from '../../src/core/limits.ts';
import type { LatencyData, LoadFacts, Operation } from '../../src/core/model.ts';
import { assess } from '../../src/core/stats/assess.ts';
import { exchange, sampleRun, verdict } from './sample.ts';

test('a curl line carries no secret and nothing that a shell would run', () => {
  const line = curlOf({
    method: 'POST',
    url: "https://x.example/$(id)?q='`",
    headers: { authorization: 'Bearer ‹token:abc›', 'content-type': 'application/x-www-form-urlencoded', host: 'x.example' },
    body: 'a=$HOME&client_assertion=%E2%80%B9client_assertion%3Aabc%E2%80%BA&b=1',
  });
  assert.equal(
    line,
    `curl -sS -i -X POST -H "Authorization: Bearer $TOKEN" -H 'content-type: application/x-www-form-urlencoded' --data-binary 'a=$HOME&client_assertion='"$CLIENT_ASSERTION"'&b=1' 'https://x.example/$(id)?q='\\''\`'`,
  );
  assert.match(curlOf({ method: 'PUT', url: 'https://x.example', headers: {}, body: 'x'.repeat(5000) }), /--data-binary @request-body/);
});

test('responsible is who can change it', () => {
  const failed = { outcome: 'fail', expected: 'a', actual: 'b', exchange: 0 } as const;
  assert.equal(responsibleFor(failed), 'payer');
  for (const [because, who] of [
    ['target-file', 'test data'],
    ['ours', 'harness'],
    ['network', 'network'],
    ['set-up', 'set-up'],
  ] as const)
    assert.equal(responsibleFor({ outcome: 'not-testable', reason: 'the payer may say anything here', because }), who);
});

test('what one answer broke is reported once, the most harmful first', () => {
  const fail = (id: string, lines: ('L1' | 'L4' | 'L7')[], index: number, level: 'SHALL' | 'SHOULD' = 'SHALL') =>
    verdict(id, { outcome: 'fail', expected: id, actual: 'the same', exchange: index }, { lines, level });
  const { items, more } = fixFirstView(
    sampleRun({ verdicts: [fail('a.soft', ['L4'], 0, 'SHOULD'), fail('b.mild', ['L1'], 1), fail('b.two', ['L1'], 1), fail('c.person', ['L4'], 2)] }),
  );
  assert.deepEqual(
    items.map((each) => each.ids),
    [['c.person'], ['a.soft'], ['b.mild', 'b.two']],
  );
  assert.equal(more, 0);
  assert.equal(items[2]?.others[0]?.id, 'b.two');
});

test('an expected failure is no fix to make, and a stale expectation is shown', () => {
  const expected = { requirement: 'a.b', owner: 'Ann', reason: 'in March', expires: '2027-01-01' };
  const failing = { ...verdict('a.b', { outcome: 'fail', expected: 'x', actual: 'y', exchange: 0 }), expected };
  const run = sampleRun({ verdicts: [failing, verdict('c.d', { outcome: 'pass' })] });
  const view = conformanceView({ ...run, target: { ...run.target, expectedFailures: [expected, { ...expected, requirement: 'gone' }] } });
  assert.deepEqual(view.fix.items, []);
  assert.equal(view.expectations.standing[0]?.owner, 'Ann');
  assert.match(view.expectations.stale[0]?.why ?? '', /no requirement has this id/);
  assert.equal(view.banner.word, 'Conformant');
  assert.ok(view.tally.includes('exit code 1'));
});

test('equal reasons for not running are reported once', () => {
  const open = (id: string, reason: string) => verdict(id, { outcome: 'not-testable', reason, because: 'payer' });
  const { groups } = openView(sampleRun({ verdicts: [open('a', 'x'), open('b', 'y'), open('c', 'y'), open('d', 'y'), open('e', 'y')] }));
  assert.deepEqual(
    groups.map((group) => [group.reason, group.count, group.first, group.rest]),
    [
      ['y', 4, ['b', 'c', 'd'], ['e']],
      ['x', 1, ['a'], []],
    ],
  );
});

test('proofs keep their bodies when the page is full', () => {
  const body = 'x'.repeat(40_000);
  const many = Array.from({ length: 3000 }, (_, index) => exchange(index, { response: { status: 200, headers: {}, body } }));
  const views = exchangeViews(many, new Set([2999]));
  assert.ok((views[2999]?.response.length ?? 0) > 10_000);
  assert.match(views[2998]?.response ?? '', /left out of this page: see exchange 2998 in run.json/);
});

test('discovery sources that disagree are marked', () => {
  const capability = (url: string) =>
    exchange(0, {
      step: 'metadata',
      response: {
        status: 200,
        headers: {},
        body: JSON.stringify({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', implementation: { url } }),
      },
    });
  assert.equal(discoveryView(sampleRun({ exchanges: [capability('https://FHIR.acme.example/r4/')] })).agree, true);
  const odd = discoveryView(sampleRun({ exchanges: [capability('https://old.acme.example/r4')] }));
  assert.equal(odd.agree, false);
  assert.deepEqual(
    odd.rows.map((row) => row.odd),
    [false, true],
  );
});

test('cards are drawn once each, with the kinds of answer they are', () => {
  const hook = (n: number) =>
    exchange(n, {
      step: 'cds.hook',
      request: { method: 'POST', url: 'https://x.example', headers: {}, body: '{"hook":"order-sign"}' },
      response: {
        status: 200,
        headers: {},
        body: JSON.stringify({
          cards: [
            {
              summary: 'See the guide',
              detail: 'x',
              indicator: 'info',
              source: { label: 'Acme' },
              links: [{ label: 'Guide', type: 'absolute', url: 'https://x.example/Binary/1' }],
            },
          ],
        }),
      },
    });
  const view = cardsView(sampleRun({ exchanges: [hook(0), hook(1)] }));
  assert.equal(view.first.length, 1);
  assert.deepEqual(
    view.kinds.filter((kind) => kind.style === 'pass').map((kind) => kind.name),
    ['card', 'text', 'Binary', 'record location'],
  );
});

test('texts are made visible and cut, figures are readable', () => {
  assert.equal(shown('a\u202Eb\u0007'), 'a[U+202E]b[U+0007]');
  assert.equal(shown('abcdef', 3), 'abc… (cut: 6 characters in all)');
  assert.deepEqual([0.42, 38.2, 1240, 75_000, 192_000].map(duration), ['0.4 ms', '38 ms', '1.24 s', '75 s', '3 min 12 s']);
  assert.equal(instant('2026-11-23T14:02:00.000Z'), '23 Nov 2026, 14:02 UTC');
  assert.equal(instant('soon'), 'soon');
});

const series = (total: number[], ok?: (0 | 1)[]): LatencyData => ({
  startedAt: '2026-11-23T14:02:00.000Z',
  series: [{ operation: 'crd.other', source: 'run', at: total.map((_, index) => index), total, ok: ok ?? total.map(() => 1 as const) }],
});

test('a normative limit is next to a declared one, a default only where nobody decided', () => {
  assert.deepEqual(
    limitsOf('crd.other', { limits: { 'crd.other': { p90: 3000, p99: 8000 } } }).map((each) => [each.percentile, each.limit, each.origin]),
    [
      ['p50', 500, 'default'],
      ['p90', 5000, 'normative'],
      ['p90', 3000, 'declared'],
      ['p99', 8000, 'declared'],
    ],
  );
  assert.deepEqual(limitsOf('bulk.job', undefined), []);
});

test('CRD: enough fast calls pass, too few leave it open with the number still needed, slow ones fail', () => {
  const verdictOf = (data: LatencyData) => assess(data, undefined)[0]?.limits.find((each) => each.origin === 'normative');
  assert.equal(verdictOf(series(Array(100).fill(100)))?.verdict, 'pass');
  const few = verdictOf(series(Array(10).fill(100)));
  assert.equal(few?.verdict, 'inconclusive');
  assert.equal(few?.needed, 15);
  assert.equal(verdictOf(series([...Array(80).fill(100), ...Array(20).fill(9000)]))?.verdict, 'fail');
});

test('only answers that succeeded are timed, and defaults never fail', () => {
  const data: LatencyData = {
    ...series([1, 9000, 9000], [1, 0, 0]),
    series: [{ operation: 'read', source: 'run', at: [0, 1, 2], total: [1, 9000, 9000], ok: [1, 0, 1] }],
  };
  const [report] = assess(data, undefined);
  assert.deepEqual([report?.calls, report?.errors, report?.summary?.n], [3, 1, 2]);
  assert.ok(report?.limits.every((each) => each.verdict === 'within' || each.verdict === 'above'));
  assert.equal(latencyView(sampleRun({ latency: data })).banner.word, 'For information');
});

const smoke: LoadFacts = {
  profile: 'smoke',
  scenarios: [],
  rate: 20,
  durationMs: 5000,
  warmUpMs: 0,
  dropped: 0,
  requests: 100,
  tool: 'k6',
  mixedUp: 0,
  conformance: [],
};

test('a wrong member under load outweighs every figure', () => {
  const load = { ...smoke, mixedUp: 1 };
  const view = latencyView(sampleRun({ latency: { ...series(Array(100).fill(100)), load } }));
  assert.equal(view.banner.word, 'Wrong member’s data');
  assert.equal(view.banner.style, 'fail');
  const whole = conformanceView(sampleRun({ verdicts: [], latency: { ...series([1]), load } }));
  assert.equal(whole.banner.word, 'Non-conformant');
  assert.ok(whole.tally.includes('exit code 1'));
});

test('the banner of a load tells of the limits that were loaded: those of one caller are next to it', () => {
  const agreed = { ...sampleRun().target, agreement: { limits: { read: { p95: 1000 }, token: { p95: 1000 } } } };
  const of = (operation: Operation, source: 'k6' | 'run', n: number, total = 10): LatencyData['series'][number] => ({
    operation,
    source,
    at: Array.from({ length: n }, (_, index) => index),
    total: Array(n).fill(total),
    ok: Array(n).fill(1),
  });
  const banner = (...series: LatencyData['series']) => {
    const { banner, tally } = latencyView(sampleRun({ target: agreed, latency: { startedAt: '2026-11-23T14:02:00.000Z', load: smoke, series } }));
    return [banner.word, tally[0]];
  };
  assert.deepEqual(banner(of('read', 'k6', 100), of('token', 'run', 3)), ['Holds at 20 a second', '1 limit kept under load']);
  assert.match(banner(of('read', 'k6', 3), of('token', 'run', 3))[1] ?? '', /^1 limit under load undecided/);
  assert.deepEqual(banner(of('search', 'k6', 100), of('read', 'run', 100)), [
    'For information',
    'nobody set a limit on what was loaded, so none can be broken',
  ]);
  assert.deepEqual(banner(of('read', 'k6', 100), of('token', 'run', 100, 5000)), ['Too slow', '1 limit not kept']);
});

test('samples of the warm-up do not count, those of the run before it do', () => {
  const data: LatencyData = {
    startedAt: '2026-11-23T14:02:00.000Z',
    series: [
      { operation: 'read', source: 'k6', at: [0, 500, 1500], total: [900, 900, 10], ok: [1, 1, 1] },
      { operation: 'read', source: 'run', at: [-4000, -3000], total: [5, 6], ok: [1, 1] },
    ],
    load: { ...smoke, warmUpMs: 1000, requests: 3 },
  };
  assert.equal(assess(data, undefined)[0]?.calls, 1);
  assert.equal(assess(data, undefined)[0]?.summary?.max, 10);
  assert.equal(assess(data, undefined)[1]?.calls, 2, 'single-caller samples from before the load count');
});

test('the terminal scorecard is plain without colour', () => {
  const plain = renderTerminal(sampleRun(), { colour: false });
  assert.doesNotMatch(plain, /\u001b/);
  assert.ok(plain.split('\n').every((line) => line.length <= 160));
  assert.match(plain, /S1 Patient information/);
  assert.match(plain, /non-conformant/);
  assert.match(renderTerminal(sampleRun(), { colour: true }), /\u001b\[31m/);
});
