import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
});
after(() => embedded.close());

const driven = new Map<string, Promise<Evidence>>();
/** A whole run at this level, driven once. */
function evidenceAt(level: NonNullable<Target['evidence']>): Promise<Evidence> {
  const found = driven.get(level) ?? drivenAt(level);
  driven.set(level, found);
  return found;
}

async function drivenAt(evidence: NonNullable<Target['evidence']>): Promise<Evidence> {
  embedded.payer.inject();
  const target: Target = { ...embedded.target, evidence };
  const session = openSession(target, embedded.secrets);
  try {
    return await drive({ target, suites, ...session });
  } finally {
    session.close();
  }
}

test('pseudonymised evidence leads to the same verdicts as full evidence', async () => {
  const [full, pseudonymised] = [await evidenceAt('full'), await evidenceAt('pseudonymised')];
  const outcomes = (evidence: Evidence) => Object.fromEntries(checks.map((check) => [check.id, findingOf(check, evidence).outcome]));
  const [a, b] = [outcomes(full), outcomes(pseudonymised)];
  const differing = checks
    .filter(({ id }) => a[id] !== b[id])
    .map((check) => `${check.id}: ${a[check.id]} -> ${JSON.stringify(findingOf(check, pseudonymised))}`);
  assert.deepEqual(differing, []);
});

test('hashed evidence accuses nobody', async () => {
  const evidence = await evidenceAt('hashes');
  const accused = checks
    .filter((check) => findingOf(check, evidence).outcome === 'fail')
    .map((check) => `${check.id}: ${JSON.stringify(findingOf(check, evidence))}`);
  assert.deepEqual(accused, []);
});

test('pseudonymised evidence of a run names no member of the target file', async () => {
  const { exchanges, target } = await evidenceAt('pseudonymised');
  const stored = JSON.stringify([exchanges, target]);
  for (const [role, member] of Object.entries(embedded.target.members)) {
    const { birthDate, name } = member.patient as { readonly birthDate?: string; readonly name?: readonly { readonly family?: string }[] };
    if (birthDate !== undefined)
      assert.ok(!stored.includes(`"birthDate\\":\\"${birthDate}`) && !stored.includes(`birthdate=${birthDate}`), `${role}'s date of birth is stored`);
    const family = name?.[0]?.family;
    if (family !== undefined) assert.ok(!stored.includes(`"family\\":\\"${family}\\"`), `${role}'s family name is stored`);
    if (member.patientId !== undefined) assert.ok(!stored.includes(`Patient/${member.patientId}`), `${role}'s Patient id is stored`);
  }
});
