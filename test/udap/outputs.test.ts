import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { authMemory } from '../../mocks/auth/memory.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { udapMemory } from '../../mocks/udap/register.ts';
import { fileCleanUps } from '../../src/client/clean-ups.ts';
import type { Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { run } from '../../src/run/run.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

const embedded = await startEmbedded();
after(() => embedded.close());
const chosen = withNeeds(
  suites,
  suites.filter(({ id }) => id.startsWith('udap.') || id === 'token').map(({ id }) => id),
);

async function runInto(evidence: NonNullable<Target['evidence']>) {
  embedded.payer.inject();
  const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
  const target = { ...embedded.target, evidence };
  const signal = new AbortController().signal;
  return { folder, stored: await run({ target, secrets: embedded.secrets, suites: chosen, checks, folder, signal }) };
}

const outcomes = (stored: Awaited<ReturnType<typeof runInto>>['stored']) =>
  stored.verdicts
    .filter(({ requirement }) => requirement.startsWith('cc2.udap.'))
    .map(({ requirement, finding }) => `${requirement} ${finding.outcome}`);

test('no file of a run holds a secret that the run used, and all registrations are taken back', async () => {
  const { folder } = await runInto('full');
  const files = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  assert.ok(files.includes('run.json'));
  assert.ok(!files.includes('pending-cleanup.ndjson'), 'nothing is left at the end');
  const asked = embedded.payer.asked.map(({ body, headers }) => `${decodeURIComponent(body ?? '')} ${headers['authorization'] ?? ''}`).join('\n');
  const jwts = asked.match(/eyJ[\w-]{20,}\.[\w-]+\.[\w-]*/g) ?? [];
  const keys = Object.values(embedded.secrets).flatMap((secret) => secret.match(/[A-Za-z0-9+/_-]{40,}/g) ?? []);
  const secrets = [...jwts, ...keys, ...authMemory(embedded.payer.state).tokens.keys()];
  assert.ok(secrets.length > 100, `${secrets.length} secrets were used`);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    assert.deepEqual(
      secrets.filter((secret) => text.includes(secret)),
      [],
      file,
    );
  }
});

test('pseudonymised evidence and hashes change no UDAP verdict', async () => {
  const full = outcomes((await runInto('full')).stored);
  assert.deepEqual(outcomes((await runInto('pseudonymised')).stored), full);
  assert.deepEqual(outcomes((await runInto('hashes')).stored), full);
});

test('what a killed run registered is cancelled by the next run in its folder', async () => {
  embedded.payer.inject();
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  const session = openSession(embedded.target, embedded.secrets);
  // The journal as a run leaves it that dies right after its registration.
  const cleanUps = fileCleanUps(folder);
  const dying = { ...cleanUps, pending: () => [] };
  await drive({ target: embedded.target, suites: withNeeds(suites, ['udap.register']), ...session, cleanUps: dying });
  session.close();
  assert.ok(readdirSync(folder).includes('pending-cleanup.ndjson'));
  assert.equal([...udapMemory(embedded.payer.state).clients.values()].filter(({ active }) => active).length, 2);

  const discover = withNeeds(suites, ['discover']);
  await run({ target: embedded.target, secrets: embedded.secrets, suites: discover, checks, folder, signal: new AbortController().signal });
  assert.equal([...udapMemory(embedded.payer.state).clients.values()].filter(({ active }) => active).length, 0);
  assert.ok(!readdirSync(folder).includes('pending-cleanup.ndjson'));
});
