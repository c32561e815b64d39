import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { judge } from '../../src/core/judge.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';
import { assertNoDrift, assertOursHeld } from './compare.ts';
import { whyNoHapi } from './hapi-server.ts';
import { startKeycloak } from './keycloak.ts';

test('verdicts about Keycloak are those that were adjudicated by hand', { skip: whyNoHapi() ?? false, timeout: 600_000 }, async (context) => {
  const peer = await startKeycloak();
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
  assertOursHeld(evidence);
  const family = checks.filter(({ id }) => id.startsWith('cc2.token.') || id.startsWith('cc2.smart.') || id.startsWith('cc2.introspection.'));
  assertNoDrift(judge(family, evidence, '2026-01-05'), join(import.meta.dirname, 'keycloak.json'));
});
