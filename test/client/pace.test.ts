import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace, emptyFor } from '../../src/client/manners/pace.ts';

const url = 'https://payer.example/fhir/Patient';

/** A pace by a clock that this test turns. */
function clocked() {
  let now = 1_800_000_000_000;
  const pass = (ms: number): void => {
    now += ms;
  };
  return { pace: createPace(() => now), pass };
}

test('after refusals the pace is spread so that the payer need not refuse again', () => {
  const { pace, pass } = clocked();
  let [window, taken, refused] = [0, 0, 0];
  let clock = 0;
  const elapse = (ms: number) => {
    clock += ms;
    pass(ms);
  };
  // Four a second, and a Retry-After of one second beyond that.
  for (let answered = 0; answered < 40; ) {
    elapse(pace.turn(url));
    if (clock - window >= 1000) [window, taken] = [clock, 0];
    const status = ++taken <= 4 ? 200 : 429;
    pace.saw(url, { status, headers: status === 429 ? { 'retry-after': '1' } : {} });
    if (status === 200) answered++;
    else refused++;
  }
  assert.ok(refused <= 1, `${refused} requests were refused`);
});

test('when the pace was right for long, we try to go faster again', () => {
  const { pace, pass } = clocked();
  const next = (status: number) => {
    const wait = pace.turn(url);
    pass(wait);
    pace.saw(url, { status, headers: status === 429 ? { 'retry-after': '1' } : {} });
    return wait;
  };
  for (let nth = 0; nth < 10; nth++) next(200);
  next(429);
  next(200);
  assert.equal(next(200), 100);
  for (let nth = 0; nth < 60; nth++) next(200);
  assert.equal(next(200), 50);
});

test('origins and lanes are held back apart', () => {
  const { pace } = clocked();
  pace.saw(url, { status: 429, headers: { 'retry-after': '30' } }, 'bulk.kickoff');
  assert.deepEqual([pace.due(url), pace.due(url, 'bulk.kickoff'), pace.due('https://other.example/')], [0, 30_000, 0]);
});

test('what rate-limit headers say about an empty quota, in the forms in use', () => {
  const now = 1_800_000_000_000;
  const of = (headers: Record<string, string>) => emptyFor(headers, now);
  assert.equal(of({ ratelimit: '"default";r=0;t=5' }), 5000);
  assert.equal(of({ ratelimit: 'limit=100, remaining=0, reset=7' }), 7000);
  assert.equal(of({ 'ratelimit-remaining': '0', 'ratelimit-reset': '2' }), 2000);
  assert.equal(of({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 9) }), 9000);
  for (const none of [
    {},
    { 'ratelimit-remaining': '3', 'ratelimit-reset': '2' },
    { ratelimit: '"default";r=1;t=5' },
    { 'x-ratelimit-remaining': '0' },
  ])
    assert.equal(of(none as Record<string, string>), undefined);
});

test('an empty quota is waited for, but never beyond a minute on a hint alone', () => {
  const { pace } = clocked();
  pace.saw(url, { status: 200, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '3' } });
  assert.equal(pace.turn(url), 3000);
  const second = clocked().pace;
  second.saw(url, { status: 200, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '86400' } });
  assert.equal(second.turn(url), 0);
});
