import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Scenario } from '../../src/core/model.ts';
import { payerAssay, runIn, temporary } from './payer-assay.ts';

/** Each scenario alone gathers the evidence that its rows need: nothing of the embedded payer stays open. */
const scenarios: readonly Scenario[] = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'];

for (const scenario of scenarios)
  test(`${scenario} alone: the embedded payer is conformant, and every row that applies was judged`, async () => {
    const out = join(temporary(), 'out');
    const { code, stderr } = await payerAssay('run', '--embedded', '--scenario', scenario, '--out', out);
    const open = runIn(out).verdicts.filter(({ finding }) => finding.outcome === 'not-testable' || finding.outcome === 'fail');
    assert.deepEqual(
      open.map(({ requirement, finding }) => `${requirement}: ${JSON.stringify(finding)}`),
      [],
    );
    assert.equal(code, 0, stderr);
  });
