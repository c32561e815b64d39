import { expect } from '@playwright/test';
import { assay, requirements } from 'payer-assay/playwright';

requirements();

/** A rule of our own house, over the same conversation: nothing is asked twice for it. */
assay('our gateway names itself in no answer @cc3', async ({ payerRun }) => {
  for (const { request, response } of payerRun.run.exchanges) expect(response?.headers['via'], request.url).toBeUndefined();
  expect((await payerRun.verdict('cc3.metadata.available')).finding.outcome).toBe('pass');
});
