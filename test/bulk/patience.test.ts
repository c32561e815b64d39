import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../../src/client/bulk/patience.ts';
import { parseHttpDate, parseRetryAfter } from '../../src/core/http-date.ts';
import { findingsOf, openWorld } from './world.ts';

const now = Date.parse('2026-01-05T08:00:00Z');

test('Retry-After is read in seconds and as a date, and nonsense is called nonsense', () => {
  assert.deepEqual(parseRetryAfter('120', now), { kind: 'wait', ms: 120_000 });
  assert.deepEqual(parseRetryAfter('Mon, 05 Jan 2026 08:00:30 GMT', now), { kind: 'wait', ms: 30_000 });
  assert.deepEqual(parseRetryAfter(undefined, now), { kind: 'absent' });
  for (const text of ['soon', '-5', '1e9', '99999999999', 'Mon, 05 Jan 2015 08:00:00 GMT', '2026-01-05T08:00:30Z'])
    assert.equal(parseRetryAfter(text, now).kind, 'nonsense', text);
});

test('the three HTTP date forms are read, others are not', () => {
  assert.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), 784111777000);
  assert.equal(parseHttpDate('Sun Nov  6 08:49:37 1994'), 784111777000);
  assert.equal(parseHttpDate('6 November 1994'), undefined);
});

test('without a sensible Retry-After the waits grow and stay bounded', () => {
  const patience = { maxWait: 1e9, floor: 1000, tries: 6 };
  assert.deepEqual(
    [0, 1, 2, 20].map((attempt) => waitFor('soon', attempt, patience).ms),
    [1000, 2000, 4000, 30_000],
  );
  assert.equal(waitFor('0', 5, patience).ms, 1000, 'Retry-After: 0 is no leave for a busy loop');
  assert.equal(waitFor('90', 0, patience).asked, 90_000);
});

test('a payer that asks for longer than we wait is not failed: we stopped', async () => {
  const world = await openWorld(
    {},
    {
      name: 'asks for an hour',
      at: 'bulk.status',
      alter: (response) => (response.status === 202 ? { ...response, headers: { ...response.headers, 'retry-after': '3600' } } : response),
    },
  );
  try {
    const evidence = await world.talk(['bulk.export']);
    const [blocked] = evidence.blocked;
    assert.match(blocked?.reason ?? '', /we stopped waiting for the export job: the payer asked for 3600 s.*--max-wait/);
    const findings = Object.values(findingsOf(evidence, 'bulk.manifest'));
    assert.ok(findings.length > 0 && findings.every(({ outcome }) => outcome !== 'fail'));
    assert.equal(evidence.exchanges.filter((each) => each.step === 'bulk.status').length, 1, 'no poll before its time');
    assert.equal(evidence.exchanges.at(-1)?.step, 'bulk.delete', 'the job is taken back');
  } finally {
    await world.close();
  }
});

test('no poll comes before the payer wants it', async () => {
  const world = await openWorld(
    {},
    {
      name: 'asks for a second by date',
      at: 'bulk.status',
      alter: (response) =>
        response.status === 202
          ? { ...response, headers: { ...response.headers, 'retry-after': new Date(Date.now() + 1000).toUTCString() } }
          : response,
    },
  );
  try {
    const evidence = await world.talk(['bulk.scope']);
    const polls = evidence.exchanges.filter((each) => each.step === 'bulk.status' && each.variant === 'narrow');
    assert.equal(polls.length, 2);
    for (const { facts } of polls.slice(1)) assert.ok(Number(facts?.['bulk.waited']) >= Number(facts?.['bulk.asked']), JSON.stringify(facts));
  } finally {
    await world.close();
  }
});

test('polls are as many as the payer wanted', async () => {
  const world = await openWorld({}, { name: 'takes seven polls', at: 'bulk.status', behaviour: 'takes-its-time' });
  try {
    const evidence = await world.talk(['bulk.export']);
    assert.equal(evidence.exchanges.filter((each) => each.step === 'bulk.status' && each.variant === 'group').length, 7);
  } finally {
    await world.close();
  }
});
