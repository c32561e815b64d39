import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../../mocks/embedded.ts';
import { brief, judged } from '../judged.ts';
import { skip } from '../k6.ts';

/** Times beside an export are compared with times without one: whatever else runs on this machine is in both. */

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

test('latency that grows beside an export', { skip }, async (t) => {
  const { finding, load } = await judged(embedded, 'time.load.isolation', brief('isolation', 30, ['idle', 'export'], 2), 'slows-beside-exports', {
    limits: { read: { p90: 200 } },
  });
  if (load?.inconclusive !== undefined) return t.skip(`this machine is too busy: ${load.inconclusive}`);
  assert.equal(finding.outcome, 'fail', JSON.stringify(finding));
});
