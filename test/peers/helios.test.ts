import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { startHelios, whyNoHelios } from './helios.ts';
import { judgeOpenServer } from './open-server.ts';

/** A whole FHIR server in Rust, in open mode: searches, versions, `$everything`, bulk export. */
test('Helios gets the verdicts that were adjudicated by hand', { skip: whyNoHelios() ?? false, timeout: 600_000 }, async (t) => {
  const data = createDataset(1, 20);
  const helios = await startHelios(data.resources.values());
  t.after(() => helios.close());
  await judgeOpenServer(t, {
    name: 'Helios FHIR server 0.2.7',
    ...{ base: helios.base, data, scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'], bulk: { group: 'roster-clinic-a' } },
    ...{ list: 'helios.json', on: '2026-11-29' },
  });
});
