import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { judge } from '../../src/core/judge.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';
import { assertNoDrift } from './compare.ts';
import { startOidcProvider } from './oidc-provider.ts';

test('verdicts about oidc-provider are those that were adjudicated by hand', { timeout: 60_000 }, async (context) => {
  const peer = await startOidcProvider();
  const session = openSession(peer.target, peer.secrets);
  context.after(async () => {
    session.close();
    await peer.close();
  });
  const evidence = await drive({
    target: peer.target,
    suites: withNeeds(suites, ['smart', 'token', 'token.forms', 'token.negatives', 'introspection']),
    ...session,
  });
  assert.ok(!evidence.blocked.some((each) => each.because === 'ours'), JSON.stringify(evidence.blocked));
  const family = checks.filter(({ id }) => id.startsWith('cc2.token.') || id.startsWith('cc2.smart.') || id.startsWith('cc2.introspection.'));
  assertNoDrift(judge(family, evidence, '2026-01-05'), join(import.meta.dirname, 'oidc-provider.json'));
});
