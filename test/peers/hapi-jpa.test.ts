import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { startHapi, whyNoHapi } from './hapi-server.ts';
import { judgeOpenServer } from './open-server.ts';

/** A whole FHIR server in open mode: searches from a database, versions, `$everything`, bulk export of the system, of patients and of a group. */
test("HAPI's JPA server gets the verdicts that were adjudicated by hand", { skip: whyNoHapi() ?? false, timeout: 600_000 }, async (t) => {
  const data = createDataset(1, 20);
  const hapi = await startHapi(data.resources.values(), 'hapi-jpa');
  t.after(() => hapi.close());
  await judgeOpenServer(t, {
    name: 'HAPI JPA server 8.8.0',
    ...{ base: hapi.base, data, scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'] },
    ...{ list: 'hapi-jpa.json', on: '2026-11-29' },
  });
});
