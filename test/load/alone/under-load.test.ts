import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadChecks } from '../../../checks/time/load.ts';
import { type Embedded, startEmbedded } from '../../../mocks/embedded.ts';
import { findingOf } from '../../../src/core/judge.ts';
import type { Agreement, Fault, LoadStage } from '../../../src/core/model.ts';
import { type Profile, profileOf } from '../../../src/load/profiles.ts';
import { type LoadOptions, runLoad } from '../../../src/load/run-load.ts';
import { k6, skip } from '../k6.ts';

/** Faults that one caller at a time never sees, found by k6; and a k6 or a payer that breaks down. */

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

const everywhere = ['read', 'search', 'member-match', 'cds.hook'] as const;
const injected = (behaviour: string): Fault => ({ name: behaviour, at: everywhere, behaviour });
/** Only these kinds of stages, as short as a test can wait for. */
const brief = (name: string, rate: number, kinds: readonly LoadStage['kind'][], seconds: number): Profile => {
  const profile = profileOf(name, { rate });
  return {
    ...profile,
    tolerated: 2,
    stages: profile.stages.filter((each) => kinds.includes(each.kind)).map((each) => ({ ...each, seconds })),
  };
};

async function judged(id: string, profile: Profile, behaviour?: string, agreement: Agreement = {}) {
  embedded.payer.inject(...(behaviour === undefined ? [] : [injected(behaviour)]));
  const target = { ...embedded.target, agreement };
  const outcome = await runLoad(profile, { target, secrets: embedded.secrets });
  embedded.payer.inject();
  assert.ok('latency' in outcome, JSON.stringify(outcome));
  const check = loadChecks.find((each) => each.id === id);
  assert.ok(check);
  return { finding: findingOf(check, { exchanges: [], blocked: [], target, latency: outcome.latency }), load: outcome.latency.load };
}

test('sessions mixed up in 0.5 % of the answers', { skip }, async () => {
  const profile = { ...brief('agreed', 100, ['steady'], 3) };
  const s1 = { ...profile, stages: profile.stages.map((each) => ({ ...each, mix: { s1: 1 } })) };
  const { finding, load } = await judged('time.load.correctness', s1, 'mixes-up-one-in-two-hundred');
  assert.equal(finding.outcome, 'fail', JSON.stringify(finding));
  assert.ok((load?.mixedUp ?? 0) > 0 && (load?.mixedUp ?? 0) <= (load?.requests ?? 0) * 0.01, `${load?.mixedUp} of ${load?.requests}`);
});

/** So many answers that 0.2 % can be distinguished from 0.1 %, at a rate that two cores can judge. */
const many = (seconds: number): Profile => {
  const profile = { ...brief('agreed', 200, ['steady'], seconds), tolerated: 1 };
  return { ...profile, stages: profile.stages.map((each) => ({ ...each, mix: { s1: 1 } })) };
};
const oneInAThousand: Agreement = { rate: 200, errorRate: 0.001 };

test('0.2 % of errors where 0.1 % is agreed', { skip }, async () => {
  const { finding, load } = await judged('time.load.error-rate', many(30), 'fails-one-in-five-hundred', oneInAThousand);
  assert.match(finding.outcome === 'fail' ? finding.actual : JSON.stringify(finding), /^\d+ of \d+ \(0\.[12]\d* %\): \d+ with 5xx$/);
  assert.ok((load?.requests ?? 0) > 3500, `${load?.requests} requests`);
});

test('no error under the same load: no failure', { skip }, async () => {
  const { finding, load } = await judged('time.load.error-rate', many(15), undefined, oneInAThousand);
  assert.equal(load?.stages?.[0]?.answers.failed, 0);
  // A machine that is too busy to vouch for k6 makes it inconclusive, never a failure.
  assert.ok(finding.outcome === 'pass' || /^inconclusive/.test('reason' in finding ? finding.reason : ''), JSON.stringify(finding));
});

test('smoke proves no limit, but a miss beyond doubt is one', { skip }, async () => {
  const { stages } = profileOf('smoke');
  const smoke = { ...profileOf('smoke'), stages: stages.slice(1).map((each) => ({ ...each, seconds: 3 })) };
  const agreement: Agreement = { rate: 20, errorRate: 0.001, limits: { read: { p95: 2000 } } };
  const bad = await judged('time.load.error-rate', smoke, 'fails-one-in-eight', agreement);
  assert.equal(bad.finding.outcome, 'fail', JSON.stringify(bad.finding));
  for (const id of ['time.load.error-rate', 'time.load.latency-growth']) {
    const { finding } = await judged(id, smoke, undefined, agreement);
    assert.match(finding.outcome === 'not-applicable' ? finding.reason : JSON.stringify(finding), /^--load smoke is too short to prove it/);
  }
});

test('entries lost above 30 requests a second', { skip }, async () => {
  const { finding, load } = await judged('time.load.correctness', brief('agreed', 60, ['steady'], 2), 'loses-entries-when-pressed');
  assert.match(finding.outcome === 'fail' ? finding.expected : '', /as many entries/);
  assert.ok((load?.incomplete ?? 0) > 0);
});

test('429 without Retry-After', { skip }, async () => {
  const { finding } = await judged('time.load.backpressure', brief('overload', 25, ['overload', 'recovery'], 2), 'throttles-without-saying-when');
  assert.match(finding.outcome === 'fail' ? finding.actual : JSON.stringify(finding), /429 without Retry-After/);
});

test('latency that grows beside an export', { skip }, async (t) => {
  const { finding, load } = await judged('time.load.isolation', brief('isolation', 30, ['idle', 'export'], 2), 'slows-beside-exports', {
    limits: { read: { p90: 200 } },
  });
  if (load?.inconclusive !== undefined) return t.skip(`this machine is too busy: ${load.inconclusive}`);
  assert.equal(finding.outcome, 'fail', JSON.stringify(finding));
});

test('a payer that breaks down is left in peace, and what was seen is kept', { skip }, async () => {
  embedded.payer.inject(injected('breaks-when-overloaded'));
  const outcome = await runLoad(brief('agreed', 150, ['steady'], 30), { target: embedded.target, secrets: embedded.secrets });
  embedded.payer.inject();
  assert.ok('latency' in outcome, JSON.stringify(outcome));
  const { load } = outcome.latency;
  assert.match(load?.inconclusive ?? '', /ended early, to spare the payer: \d+ of the last 100 answers were 5xx/);
  assert.ok((load?.requests ?? 0) >= 100 && (load?.requests ?? 0) < 150 * 30, `${load?.requests}`);
});

test('a k6 that is killed half way leaves its samples, and no verdict', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-k6-'));
  try {
    const path = join(folder, 'k6');
    await writeFile(path, `#!/bin/sh\n[ "$1" = version ] && exec "${k6}" version\nexec timeout -s KILL 7 "${k6}" "$@"\n`);
    await chmod(path, 0o755);
    const options: LoadOptions = { target: embedded.target, secrets: embedded.secrets, k6: path };
    const outcome = await runLoad(brief('agreed', 20, ['steady'], 30), options);
    const words = 'latency' in outcome ? outcome.latency.load?.inconclusive : outcome.notRun.why;
    assert.match(words ?? '', /k6 ended with code/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
