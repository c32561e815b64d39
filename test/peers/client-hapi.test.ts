import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '../../src/core/model.ts';
import { assertAdjudicated, libraryCases } from '../client-side/peers/compare.ts';
import { gradedByPlan } from './client-run.ts';
import { startPeer, whyNoHapi } from './hapi-server.ts';

/** One virtual machine for all cases, behind a trigger URL: to start one for each would take a minute. */
test("HAPI's generic client: every verdict is the adjudicated one", { skip: whyNoHapi() ?? false, timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hapi-client-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const file = join(folder, 'key.pem');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const jwk = { ...(createPublicKey(privateKey).export({ format: 'jwk' }) as Record<string, Json>), kid: 'hapi-1', alg: 'ES384', use: 'sig' };
  const hapi = await startPeer('hapi-client', [file, 'hapi-1']);
  t.after(() => hapi.close());
  const verdicts = await gradedByPlan("HAPI's generic client", libraryCases, { record: { url: `${hapi.origin}/`, seconds: 60 } }, [
    { clientId: 'hapi', jwks: { keys: [jwk] } },
  ]);
  assertAdjudicated(verdicts, new URL('./client-hapi.json', import.meta.url));
});
