import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../../mocks/embedded.ts';
import type { Agreement } from '../../../src/core/model.ts';
import { profileOf } from '../../../src/load/profiles.ts';
import { brief, judged } from '../judged.ts';
import { skip } from '../k6.ts';

/** What breaks under load only, found by k6: mixed-up sessions, entries that get lost, throttling without a time; and what a short load cannot prove. */

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

test('sessions mixed up in 0.5 % of the answers', { skip }, async () => {
  const profile = { ...brief('agreed', 100, ['steady'], 3) };
  const s1 = { ...profile, stages: profile.stages.map((each) => ({ ...each, mix: { s1: 1 } })) };
  const { finding, load } = await judged(embedded, 'time.load.correctness', s1, 'mixes-up-one-in-two-hundred');
  assert.equal(finding.outcome, 'fail', JSON.stringify(finding));
  assert.ok((load?.mixedUp ?? 0) > 0 && (load?.mixedUp ?? 0) <= (load?.requests ?? 0) * 0.01, `${load?.mixedUp} of ${load?.requests}`);
});

test('smoke proves no limit, but a miss beyond doubt is one', { skip }, async () => {
  const { stages } = profileOf('smoke');
  const smoke = { ...profileOf('smoke'), stages: stages.slice(1).map((each) => ({ ...each, seconds: 3 })) };
  const agreement: Agreement = { rate: 20, errorRate: 0.001, limits: { read: { p95: 2000 } } };
  const bad = await judged(embedded, 'time.load.error-rate', smoke, 'fails-one-in-eight', agreement);
  assert.equal(bad.finding.outcome, 'fail', JSON.stringify(bad.finding));
  for (const id of ['time.load.error-rate', 'time.load.latency-growth']) {
    const { finding } = await judged(embedded, id, smoke, undefined, agreement);
    assert.match(finding.outcome === 'not-applicable' ? finding.reason : JSON.stringify(finding), /^--load smoke is too short to prove it/);
  }
});

test('entries lost above 30 requests a second', { skip }, async () => {
  const { finding, load } = await judged(embedded, 'time.load.correctness', brief('agreed', 60, ['steady'], 2), 'loses-entries-when-pressed');
  assert.match(finding.outcome === 'fail' ? finding.expected : '', /as many entries/);
  assert.ok((load?.incomplete ?? 0) > 0);
});

test('429 without Retry-After', { skip }, async () => {
  const { finding } = await judged(
    embedded,
    'time.load.backpressure',
    brief('overload', 25, ['overload', 'recovery'], 2),
    'throttles-without-saying-when',
  );
  assert.match(finding.outcome === 'fail' ? finding.actual : JSON.stringify(finding), /429 without Retry-After/);
});
