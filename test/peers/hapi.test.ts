import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { createDataset } from '../../fixtures/dataset.ts';
import { judge } from '../../src/core/judge.ts';
import type { Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { foretold } from '../../src/run/pages.ts';
import { openSession } from '../../src/run/session.ts';
import { forecast, type Ground } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';
import { assertNoDrift } from './compare.ts';
import { startHapi, whyNoHapi } from './hapi-server.ts';
import { knownMember } from './known-member.ts';

/** HAPI's REST engine knows no payer operations, so it shows what our checks say of an honest but bare FHIR server. */
test("HAPI's own REST engine gets the verdicts that were adjudicated by hand", { skip: whyNoHapi() ?? false, timeout: 300_000 }, async (t) => {
  const data = createDataset(1, 200);
  const hapi = await startHapi(data.resources.values());
  t.after(() => hapi.close());
  const target: Target = {
    name: 'HAPI RestfulServer 8.8.0',
    fhir: { base: hapi.base },
    auth: { kind: 'none' },
    members: { known: knownMember(data) },
    evidence: 'full',
  };
  const session = openSession(target, {});
  t.after(() => session.close());
  const held = suites.filter((suite) => suite.scenarios.some((each) => ['S1', 'S3', 'S4'].includes(each)));
  let ground: Ground = { target };
  const evidence = await drive({
    target,
    suites: held,
    ...session,
    onLearned: (learned) => {
      ground = { ...learned };
    },
  });
  for (const suite of held) {
    const made = evidence.exchanges.filter((each) => each.suite === suite.id && each.step !== 'tls' && each.step !== 'page').length;
    if (Math.abs(made - forecast([suite], ground)) > 5) t.diagnostic(`${suite.id}: ${forecast([suite], ground)} foretold, ${made} sent`);
  }
  const [told, sent] = [foretold(held, ground), evidence.exchanges.filter(({ step }) => step !== 'tls').length];
  t.diagnostic(`${told} requests foretold, ${sent} sent`);
  assert.ok(told <= sent * 1.5 && sent <= told * 1.5, `${told} requests foretold, ${sent} sent`);
  const crashed = evidence.blocked.filter((each) => each.because === 'ours');
  assert.deepEqual(crashed, []);
  assertNoDrift(judge(checks, evidence, '2026-11-24'), join(import.meta.dirname, 'hapi.json'));
});
