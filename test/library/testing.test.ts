import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestPayer, variationIds } from '../../src/testing.ts';

const notFound = 'cc3.metadata.available/answers-the-plain-request-for-metadata-with-404';

test('the payer answers in this process, from a seed, with faults and variations by id', async () => {
  const payer = await startTestPayer({ seed: 7, members: 50, origin: 'https://payer.test' });
  try {
    const ask = () => fetch(`${payer.base}/metadata`, { headers: { accept: 'application/fhir+json' } });
    assert.equal((await ask()).status, 200);
    assert.equal(payer.asked.at(-1)?.url, 'https://payer.test/fhir/metadata');
    payer.inject(notFound);
    assert.equal((await ask()).status, 404);
    payer.inject(variationIds[0] ?? '');
    assert.equal((await ask()).status, 200);
    assert.throws(() => payer.inject(`${notFound}x`), /Did you mean cc3\.metadata\.available/);
    payer.inject({ name: 'is away', at: 'metadata', alter: (response) => ({ ...response, status: 503 }) });
    assert.equal((await ask()).status, 503);
    await assert.rejects(fetch('https://elsewhere.test/'), 'no request leaves this process');
  } finally {
    await payer.close();
  }
});
