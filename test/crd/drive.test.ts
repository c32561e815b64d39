import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { shapes } from '../../mocks/shapes/index.ts';
import { signersOf } from '../../src/client/identity.ts';
import { createTransport } from '../../src/client/transport.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Finding, WireResponse } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

async function timing(t: { after(work: () => unknown): void }, samples: number, behaviour?: string): Promise<Evidence> {
  const embedded = await startEmbedded();
  t.after(() => embedded.close());
  if (behaviour !== undefined) embedded.payer.inject({ name: 'test', at: 'cds.hook', behaviour });
  const transport = createTransport();
  t.after(() => transport.close());
  const target = { ...embedded.target, crd: { ...embedded.target.crd, samples } };
  return drive({ target, suites: withNeeds(suites, ['crd.timing']), transport, signers: signersOf(embedded.target, embedded.secrets) });
}

const verdict = (evidence: Evidence, id: string): Finding => {
  const check = checks.find((each) => each.id === id);
  assert.ok(check);
  return findingOf(check, evidence);
};

test('forty prompt calls of every hook pass the percentile rule', async (t) => {
  const evidence = await timing(t, 40);
  assert.equal(verdict(evidence, 'crd.timing.five-seconds').outcome, 'pass');
  assert.equal(verdict(evidence, 'crd.timing.ten-seconds').outcome, 'pass');
});

test('ten prompt calls are too few, and the verdict says how many more are needed', async (t) => {
  const finding = verdict(await timing(t, 10), 'crd.timing.five-seconds');
  assert.equal(finding.outcome, 'not-testable');
  assert.match(finding.outcome === 'not-testable' ? finding.reason : '', /Inconclusive.*\d+ more calls/);
});

test('a payer that is late once in five fails with the share it reached', { timeout: 120_000 }, async (t) => {
  const finding = verdict(await timing(t, 20, 'crd-one-dispatch-in-five-late'), 'crd.timing.five-seconds');
  assert.equal(finding.outcome, 'fail');
  assert.match(finding.outcome === 'fail' ? finding.actual : '', /order-dispatch: 16 of 20 within 5 s \(80\.0 %/);
});

test('a CRD service that only the davinci-configuration file names is found', async (t) => {
  const embedded = await startEmbedded();
  t.after(() => embedded.close());
  const { cds, ...target } = embedded.target;
  assert.ok(cds && target.wellKnown);
  const transport = createTransport();
  t.after(() => transport.close());
  const wanted = [...withNeeds(suites, ['wellknown']), ...withNeeds(suites, ['crd.discovery'])];
  const evidence = await drive({ target, suites: [...new Set(wanted)], transport, signers: signersOf(target, embedded.secrets) });
  const asked = evidence.exchanges.filter((each) => each.suite === 'crd.discovery' && each.step === 'cds.discovery');
  assert.deepEqual(
    asked.map((each) => [each.request.url, each.response?.status]),
    [[`${cds.base}/cds-services`, 200]],
  );
});

test('F5.13: every service of a hook is called, and each answer is judged', async (t) => {
  const shape = shapes.find(({ id }) => id === 'crd-two-services');
  assert.ok(shape);
  const embedded = await startEmbedded({ shape });
  t.after(() => embedded.close());
  const transport = createTransport();
  t.after(() => transport.close());
  const { target, secrets } = embedded;
  const evidence = await drive({ target, suites: withNeeds(suites, ['crd.hooks']), transport, signers: signersOf(target, secrets) });
  const second = evidence.exchanges.find(({ variant }) => variant === 'order-sign:beside');
  assert.match(second?.request.url ?? '', /crd-order-sign-imaging$/);
  const spoilt = (response: Partial<WireResponse>): Evidence => ({
    ...evidence,
    exchanges: evidence.exchanges.map((each) => (each === second && each.response ? { ...each, response: { ...each.response, ...response } } : each)),
  });
  assert.equal(verdict(evidence, 'crd.card.required').outcome, 'pass');
  assert.equal(verdict(spoilt({ body: '{"cards":[{"summary":"Hello"}]}' }), 'crd.card.required').outcome, 'fail');
  assert.equal(verdict(evidence, 'crd.invoke.success').outcome, 'pass');
  assert.equal(verdict(spoilt({ status: 500 }), 'crd.invoke.success').outcome, 'fail');
  assert.equal(verdict(spoilt({ status: 412 }), 'crd.invoke.success').outcome, 'pass');
});
