import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { startMedplum } from './medplum.ts';
import { judgeOpenServer } from './open-server.ts';

test("Medplum's FHIR router gets the verdicts that were adjudicated by hand", { timeout: 300_000 }, async (t) => {
  const data = createDataset(1, 60);
  const medplum = await startMedplum(data.resources.values());
  t.after(() => medplum.close());
  await judgeOpenServer(t, {
    name: 'Medplum FHIR router 5.2.13',
    ...{ base: medplum.base, data, scenarios: ['S1', 'S3', 'S4'] },
    ...{ list: 'medplum.json', on: '2026-11-29' },
  });
});
