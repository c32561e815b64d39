import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { createDataset } from '../../fixtures/dataset.ts';
import { judge } from '../../src/core/judge.ts';
import type { Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';
import { assertNoDrift, assertOursHeld } from './compare.ts';
import { startHelios, whyNoHelios } from './helios.ts';
import { knownMember } from './known-member.ts';

/** A whole FHIR server in Rust, in open mode: searches, versions, `$everything`, bulk export. */
test('Helios gets the verdicts that were adjudicated by hand', { skip: whyNoHelios() ?? false, timeout: 600_000 }, async (t) => {
  const data = createDataset(1, 20);
  const helios = await startHelios(data.resources.values());
  t.after(() => helios.close());
  const target: Target = {
    name: 'Helios FHIR server 0.2.7',
    fhir: { base: helios.base },
    auth: { kind: 'none' },
    bulk: { group: 'roster-clinic-a' },
    members: { known: knownMember(data) },
    evidence: 'full',
  };
  const session = openSession(target, {});
  t.after(() => session.close());
  const chosen = suites.filter(({ scenarios }) => scenarios.some((each) => each !== 'S2'));
  const evidence = await drive({ target, suites: chosen, ...session });
  assertOursHeld(evidence);
  assertNoDrift(judge(checks, evidence, '2026-11-29'), join(import.meta.dirname, 'helios.json'));
});
