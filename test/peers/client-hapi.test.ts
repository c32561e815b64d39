import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '../../src/core/model.ts';
import { assertAdjudicated } from '../client-side/peers/compare.ts';
import { gradedByPlan } from './client-run.ts';
import { startPeer, whyNoHapi } from './hapi-server.ts';

const cases = ['R1', 'R2', 'R5', 'I5', 'T7b', 'T7c', 'T8', 'E1', 'E1-404', 'E2', 'E3', 'E4', 'E4r', 'E6', 'E7a', 'E7b', 'E7c', 'E7d'];

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
  const verdicts = await gradedByPlan("HAPI's generic client", cases, { record: { url: `${hapi.origin}/`, seconds: 60 } }, [
    { clientId: 'hapi', jwks: { keys: [jwk] } },
  ]);
  assertAdjudicated(verdicts, new URL('./client-hapi.json', import.meta.url));
});
