import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { foretold } from '../../src/run/pages.ts';
import { forecast } from '../../src/run/suite.ts';
import { startHapi, whyNoHapi } from './hapi-server.ts';
import { judgeOpenServer } from './open-server.ts';

/** HAPI's REST engine knows no payer operations, so it shows what our checks say of an honest but bare FHIR server. */
test("HAPI's own REST engine gets the verdicts that were adjudicated by hand", { skip: whyNoHapi() ?? false, timeout: 300_000 }, async (t) => {
  const data = createDataset(1, 200);
  const hapi = await startHapi(data.resources.values());
  t.after(() => hapi.close());
  const { evidence, driven, ground } = await judgeOpenServer(t, {
    name: 'HAPI RestfulServer 8.8.0',
    ...{ base: hapi.base, data, scenarios: ['S1', 'S3', 'S4'] },
    ...{ list: 'hapi.json', on: '2026-11-24' },
  });
  for (const suite of driven) {
    const made = evidence.exchanges.filter((each) => each.suite === suite.id && each.step !== 'tls' && each.step !== 'page').length;
    if (Math.abs(made - forecast([suite], ground)) > 5) t.diagnostic(`${suite.id}: ${forecast([suite], ground)} foretold, ${made} sent`);
  }
  const [told, sent] = [foretold(driven, ground), evidence.exchanges.filter(({ step }) => step !== 'tls').length];
  t.diagnostic(`${told} requests foretold, ${sent} sent`);
  assert.ok(told <= sent * 1.5 && sent <= told * 1.5, `${told} requests foretold, ${sent} sent`);
});
