import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { judge } from '../../src/core/judge.ts';
import type { Scenario, Verdict } from '../../src/core/model.ts';
import { choose } from '../../src/run/choose.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';
import { payerAssay, runIn, temporary } from './payer-assay.ts';

/** Each scenario alone gathers the evidence that its rows need: nothing of the embedded payer stays open. */

const openIn = (verdicts: readonly Verdict[]): readonly string[] =>
  verdicts
    .filter(({ finding }) => finding.outcome === 'not-testable' || finding.outcome === 'fail')
    .map(({ requirement, finding }) => `${requirement}: ${JSON.stringify(finding)}`);

test('S1 alone, by the command line: the embedded payer is conformant, and every row that applies was judged', async () => {
  const out = join(temporary(), 'out');
  const { code, stderr } = await payerAssay('run', '--embedded', '--scenario', 'S1', '--out', out);
  assert.deepEqual(openIn(runIn(out).verdicts), []);
  assert.equal(code, 0, stderr);
});

// The others in this process: starting a command and writing its reports takes longer than asking.
for (const scenario of ['S2', 'S3', 'S4', 'S5', 'S6'] satisfies readonly Scenario[])
  test(`${scenario} alone: every row that applies was judged, and none fails`, async () => {
    const { target, secrets, close } = await startEmbedded();
    const chosen = choose({ suites, checks }, { scenarios: [scenario] }, target);
    const session = openSession(target, secrets);
    try {
      const evidence = await drive({ target, suites: chosen.suites, ...session });
      const verdicts = judge(chosen.checks, evidence, new Date().toISOString().slice(0, 10));
      assert.ok(verdicts.length > 30 && verdicts.some(({ finding }) => finding.outcome === 'pass'));
      assert.deepEqual(openIn(verdicts), []);
    } finally {
      session.close();
      await close();
    }
  });
