import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../../mocks/embedded.ts';
import type { Agreement } from '../../../src/core/model.ts';
import type { Profile } from '../../../src/load/profiles.ts';
import { brief, judged } from '../judged.ts';
import { skip } from '../k6.ts';

/** A share of errors so small that only many answers tell it from the share that was agreed. */

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

/** So many answers that 0.2 % can be distinguished from 0.1 %, at a rate that two cores can judge. */
const many = (seconds: number): Profile => {
  const profile = { ...brief('agreed', 200, ['steady'], seconds), tolerated: 1 };
  return { ...profile, stages: profile.stages.map((each) => ({ ...each, mix: { s1: 1 } })) };
};
const oneInAThousand: Agreement = { rate: 200, errorRate: 0.001 };

test('0.2 % of errors where 0.1 % is agreed', { skip }, async () => {
  const { finding, load } = await judged(embedded, 'time.load.error-rate', many(30), 'fails-one-in-five-hundred', oneInAThousand);
  assert.match(finding.outcome === 'fail' ? finding.actual : JSON.stringify(finding), /^\d+ of \d+ \(0\.[12]\d* %\): \d+ with 5xx$/);
  assert.ok((load?.requests ?? 0) > 3500, `${load?.requests} requests`);
});

test('no error under the same load: no failure', { skip }, async () => {
  const { finding, load } = await judged(embedded, 'time.load.error-rate', many(15), undefined, oneInAThousand);
  assert.equal(load?.stages?.[0]?.answers.failed, 0);
  // A machine that is too busy to vouch for k6 makes it inconclusive, never a failure.
  assert.ok(finding.outcome === 'pass' || /^inconclusive/.test('reason' in finding ? finding.reason : ''), JSON.stringify(finding));
});
