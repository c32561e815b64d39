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
import { startHapi, whyNoHapi } from './hapi-server.ts';
import { knownMember } from './known-member.ts';

/** A whole FHIR server in open mode: searches from a database, versions, `$everything`, bulk export of the system, of patients and of a group. */
test("HAPI's JPA server gets the verdicts that were adjudicated by hand", { skip: whyNoHapi() ?? false, timeout: 600_000 }, async (t) => {
  const data = createDataset(1, 20);
  const hapi = await startHapi(data.resources.values(), 'hapi-jpa');
  t.after(() => hapi.close());
  const target: Target = {
    name: 'HAPI JPA server 8.8.0',
    fhir: { base: hapi.base },
    auth: { kind: 'none' },
    members: { known: knownMember(data) },
    evidence: 'full',
  };
  const session = openSession(target, {});
  t.after(() => session.close());
  const chosen = suites.filter(({ scenarios }) => scenarios.some((each) => each !== 'S2'));
  const evidence = await drive({ target, suites: chosen, ...session });
  assertOursHeld(evidence);
  assertNoDrift(judge(checks, evidence, '2026-11-29'), join(import.meta.dirname, 'hapi-jpa.json'));
});
