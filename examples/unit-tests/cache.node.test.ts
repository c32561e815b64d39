import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { drive, judge, openSession, suites, withNeeds } from 'payer-assay';
import { startTestPayer } from 'payer-assay/testing';
import * as acme from '../acme/cache.ts';

/** With node:test: the private check holds for the honest payer, and its fault turns it to fail. No socket is opened. */
const payer = await startTestPayer({ seed: 7 });
after(() => payer.close());

async function outcome(): Promise<string | undefined> {
  const session = openSession(payer.target, payer.secrets);
  try {
    const wanted = withNeeds([...suites, ...acme.suites], ['acme.cache']);
    const evidence = await drive({ target: payer.target, suites: wanted, ...session });
    return judge(acme.checks, evidence, '2026-11-24')[0]?.finding.outcome;
  } finally {
    session.close();
  }
}

test('the honest payer passes', async () => {
  assert.equal(await outcome(), 'pass');
});

test('every fault of the check is noticed', async () => {
  for (const fault of acme.checks.flatMap((check) => check.faults)) {
    payer.inject(fault);
    assert.equal(await outcome(), 'fail', fault.name);
  }
});
