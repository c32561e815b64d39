import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { createPki } from '../../mocks/pki/pki.ts';
import type { Target } from '../../src/core/model.ts';
import { profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import { skip } from './k6.ts';

/** A payer that lets nobody in without a client certificate, under load. */

const smoke = profileOf('smoke');
const profile = { ...smoke, tolerated: 1, stages: smoke.stages.slice(1).map((each) => ({ ...each, seconds: 1 })) };

let embedded: Embedded;
let folder = '';
let files: Readonly<Record<'ca' | 'cert' | 'key' | 'locked' | 'pfx', string>>;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-mtls-'));
  const pki = await createPki({ community: 'mtls-load' });
  const [server, client] = await Promise.all([pki.server(), pki.issue({ name: 'mtls-client' })]);
  const at = (name: string) => join(folder, name);
  files = { ca: at('ca.pem'), cert: at('client.pem'), key: at('client.key'), locked: at('locked.key'), pfx: at('client.pfx') };
  await writeFile(files.ca, pki.root.certificate);
  await writeFile(files.cert, client.chain);
  await writeFile(files.key, client.key);
  execFileSync('openssl', ['pkcs8', '-topk8', '-in', files.key, '-out', files.locked, '-passout', 'pass:sesame']);
  execFileSync('openssl', ['pkcs12', '-export', '-in', files.cert, '-inkey', files.key, '-out', files.pfx, '-passout', 'pass:sesame']);
  const tls = { cert: server.chain, key: server.key, ca: pki.root.certificate, requestCert: true, rejectUnauthorized: true };
  embedded = await startEmbedded({ tls });
});
after(async () => {
  await embedded.close();
  await rm(folder, { recursive: true });
});

const load = (tls: NonNullable<Target['tls']>) =>
  runLoad(profile, { target: { ...embedded.target, tls: { ca: files.ca, ...tls } }, secrets: { ...embedded.secrets, PASS: 'sesame' } });

for (const [what, tls] of [
  ['a certificate and its key', () => ({ cert: files.cert, key: { file: files.key } })],
  ['a key with a password', () => ({ cert: files.cert, key: { file: files.locked }, passphrase: { env: 'PASS' } })],
  ['a PKCS#12 file', () => ({ pfx: files.pfx, passphrase: { env: 'PASS' } })],
] as const)
  test(`k6 shows the client certificate: ${what}`, { skip }, async () => {
    const outcome = await load(tls());
    assert.ok('latency' in outcome, JSON.stringify(outcome));
    const [stage] = outcome.latency.load?.stages ?? [];
    assert.ok(stage && stage.answers.requests >= 15 && stage.answers.ok === stage.answers.requests, JSON.stringify(stage));
  });

test('without one the load is not made, and the words say that the connection was refused', { skip }, async () => {
  const outcome = await load({});
  assert.match('notRun' in outcome ? outcome.notRun.why : '', /certificate|tls/i);
});
