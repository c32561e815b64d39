import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { createDataset } from '../../fixtures/dataset.ts';
import { judge } from '../../src/core/judge.ts';
import type { Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';
import { assertNoDrift } from './compare.ts';
import { knownMember } from './known-member.ts';
import { startMedplum } from './medplum.ts';

test("Medplum's FHIR router gets the verdicts that were adjudicated by hand", { timeout: 300_000 }, async (t) => {
  const data = createDataset(1, 60);
  const medplum = await startMedplum(data.resources.values());
  t.after(() => medplum.close());
  const target: Target = {
    name: 'Medplum FHIR router 5.2.13',
    fhir: { base: medplum.base },
    auth: { kind: 'none' },
    members: { known: knownMember(data) },
    evidence: 'full',
  };
  const session = openSession(target, {});
  t.after(() => session.close());
  const chosen = suites.filter((suite) => suite.scenarios.some((each) => ['S1', 'S3', 'S4'].includes(each)));
  const evidence = await drive({ target, suites: chosen, ...session });
  assert.deepEqual(
    evidence.blocked.filter(({ because }) => because === 'ours'),
    [],
  );
  assertNoDrift(judge(checks, evidence, '2026-11-29'), join(import.meta.dirname, 'medplum.json'));
});
