import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { authMemory } from '../../mocks/auth/memory.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { pkiOf } from '../../mocks/udap/community.ts';
import { udapMemory } from '../../mocks/udap/register.ts';
import { fileCleanUps, memoryCleanUps } from '../../src/client/clean-ups.ts';
import type { SecretSource } from '../../src/client/identity.ts';
import type { Fault, Target } from '../../src/core/model.ts';
import { accessFor } from '../../src/load/access.ts';
import { samplesFile } from '../../src/load/plan.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { type LoadOptions, runLoad } from '../../src/load/run-load.ts';
import { skip } from './k6.ts';

/** Tokens of a load: one for all, renewed before it ends, and no secret left behind. */

const seconds = 7;
const smoke = profileOf('smoke');
const profile: Profile = { ...smoke, tolerated: 5, stages: smoke.stages.slice(1).map((each) => ({ ...each, rate: 40, seconds })) };
/** Tokens live for six seconds and are renewed after three: one before the load, one or two during it, and one more where it begins late. */
const most = 4;

let embedded: Embedded;
let folder = '';
before(async () => {
  embedded = await startEmbedded();
  folder = await mkdtemp(join(tmpdir(), 'assay-tokens-'));
});
after(async () => {
  await embedded.close();
  await rm(folder, { recursive: true });
});
const short: Fault = { name: 'tokens that soon expire', at: ['token', 'udap.token'], behaviour: 'gives-tokens-for-seconds' };
beforeEach(() => embedded.payer.inject(short));

const scope = ['Patient', 'Coverage', 'Condition', 'ExplanationOfBenefit'].map((type) => `system/${type}.rs`).join(' ');
/** The certificate of the embedded target is RSA: here is one on P-256 for the same client. */
async function ellipticClient() {
  const pki = await pkiOf(embedded.origin, 'alpha');
  const { chain, key } = await pki.issue({ name: 'elliptic-client', kind: 'ec', uris: ['https://provider.example/payer-assay'] });
  return { secrets: { ...embedded.secrets, ELLIPTIC_KEY: key }, client: { certificates: chain, key: { env: 'ELLIPTIC_KEY' } } };
}
const udapTarget = (change: Partial<NonNullable<Target['udap']>> = {}): Target => {
  assert.ok(embedded.target.udap);
  return { ...embedded.target, auth: { kind: 'udap' }, udap: { ...embedded.target.udap, scope, ...change } };
};
const asked = (path: string): readonly string[] => embedded.payer.asked.filter(({ url }) => url.endsWith(path)).map(({ body }) => body ?? '');
const active = () => [...udapMemory(embedded.payer.state).clients.values()].filter((each) => each.active);

/** A load in which every answer succeeded although each token lived for six seconds. */
async function allRight(target: Target, path: string, more: Partial<LoadOptions> = {}) {
  const outcome = await runLoad(profile, { target, secrets: embedded.secrets, ...more });
  assert.ok('latency' in outcome, JSON.stringify(outcome));
  const { series, load } = outcome.latency;
  assert.deepEqual(
    series.filter((each) => each.ok.includes(0)).map(({ operation }) => operation),
    [],
  );
  assert.deepEqual(new Set(series.map(({ operation }) => operation)), new Set(['token', 'match', 'read', 'search']));
  assert.ok((load?.requests ?? 0) > seconds * 30, `${load?.requests} requests`);
  const tokens = asked(path).length;
  assert.ok(tokens >= 2 && tokens <= most, `${tokens} tokens: all virtual users share one, and it is renewed once`);
  return outcome;
}

test('SMART: tokens are renewed before they expire', { skip }, async () => {
  await allRight(embedded.target, '/as/token');
});

test('UDAP: registered for the load, renewed for all virtual users at once, cancelled afterwards; no secret in any file', { skip }, async () => {
  await allRight(udapTarget(), '/udap/token', { keep: join(folder, samplesFile), cleanUps: fileCleanUps(folder) });
  assert.equal(asked('/udap/register').length, 2, 'one registration and its cancellation');
  assert.deepEqual(active(), []);
  assert.deepEqual(await readdir(folder), [samplesFile]);
  const jtis = asked('/udap/token').map((body) => claimsIn(body)['jti']);
  assert.equal(new Set(jtis).size, jtis.length);
  await assertNoSecretIn(folder);
});

test('UDAP: a client that is registered already signs with its P-256 key, for a cluster too, and is never cancelled', { skip }, async () => {
  const cleanUps = memoryCleanUps();
  const { secrets, client } = await ellipticClient();
  const { registered, close } = await registerByHand(udapTarget({ client }), secrets);
  try {
    const bundle = { folder: join(folder, 'bundle'), profile };
    await allRight(udapTarget({ client, clientId: registered }), '/udap/token', { bundle, cleanUps, secrets });
    assert.deepEqual(
      active().map(({ id }) => id),
      [registered],
    );
    const plan = JSON.parse(await readFile(join(bundle.folder, 'plan.json'), 'utf8')) as {
      auth: { clientId: string; alg: string; x5c: readonly string[] };
    };
    assert.deepEqual([plan.auth.clientId, plan.auth.alg], [registered, 'ES256']);
    assert.ok(plan.auth.x5c.length >= 2, 'the chain is public and is in the plan');
    await assertNoSecretIn(bundle.folder, secrets);
  } finally {
    await close();
  }
});

test('UDAP: an interrupted load cancels its registration all the same', { skip }, async () => {
  const stop = new AbortController();
  const cleanUps = memoryCleanUps();
  const loading = runLoad(profile, { target: udapTarget(), secrets: embedded.secrets, signal: stop.signal, cleanUps });
  while (embedded.payer.asked.filter(({ headers }) => headers['user-agent']?.includes('k6')).length < 40) await pause(10);
  assert.equal(active().length, 1);
  stop.abort();
  const outcome = await loading;
  assert.match('latency' in outcome ? (outcome.latency.load?.inconclusive ?? '') : outcome.notRun.why, /interrupted/);
  assert.deepEqual([active(), cleanUps.pending()], [[], []]);
});

test('UDAP: without leave, or for parts that would cancel each other, nothing is registered and the report says why', { skip }, async () => {
  const refused = await runLoad(profile, { target: { ...udapTarget(), allow: { registration: false } }, secrets: embedded.secrets });
  assert.match('notRun' in refused ? refused.notRun.why : '', /set allow\.registration to true.*udap\.clientId/);
  const part = await runLoad(profile, { target: udapTarget(), secrets: embedded.secrets, part: { nth: 1, of: 2 } });
  assert.match('notRun' in part ? part.notRun.why : '', /parts of a load share one UDAP client.*udap\.clientId/);
  assert.deepEqual(asked('/udap/register'), []);
});

/** As an operator would do it beforehand. */
async function registerByHand(target: Target, secrets: SecretSource) {
  const access = await accessFor(target, secrets, { base: target.fhir?.base ?? '', shared: false });
  assert.ok(access.auth.kind === 'udap');
  return { registered: access.auth.clientId, close: access.release };
}

const claimsIn = (body: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(new URLSearchParams(body).get('client_assertion')?.split('.')[1] ?? '', 'base64url').toString('utf8'));

/** Private members of the JWK that a key is handed to k6 as; lines of its PEM hold the public half too. */
function partsOf(secret: string): readonly string[] {
  const isJwk = secret.startsWith('{');
  if (!isJwk && !secret.includes('-----BEGIN')) return [secret];
  const jwk = (isJwk ? JSON.parse(secret) : createPrivateKey(secret).export({ format: 'jwk' })) as Readonly<Record<string, string>>;
  return ['d', 'p', 'q', 'dp', 'dq', 'qi'].flatMap((name) => jwk[name] ?? []);
}

async function assertNoSecretIn(place: string, source: SecretSource = embedded.secrets): Promise<void> {
  const keys = Object.values(source).flatMap((secret) => partsOf(secret ?? ''));
  const assertions = asked('/udap/token').map((body) => new URLSearchParams(body).get('client_assertion')?.split('.')[2] ?? '');
  const secrets = [...keys, ...assertions, ...authMemory(embedded.payer.state).tokens.keys()];
  assert.ok(secrets.length > 30);
  for (const file of await readdir(place)) {
    const text = await readFile(join(place, file), 'utf8');
    // The bundle holds the pattern by which judges find a key in an error; a key itself begins otherwise.
    assert.doesNotMatch(text, /BEGIN (?:EC |RSA |ENCRYPTED )?PRIVATE KEY-----/, file);
    assert.deepEqual(
      secrets.filter((secret) => secret === '' || text.includes(secret)),
      [],
      file,
    );
  }
}
