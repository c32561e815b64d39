import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthy } from '../../mocks/client/case.ts';
import { answered, desk } from '../../mocks/client/cds.ts';
import { proveSound } from '../../src/client-side/sound.ts';

const { signal } = new AbortController();

test('a script that is wrong itself stops before anything is asked of a client, and says that it is ours', async () => {
  const wrong = { ...healthy('C5', 'crd'), serves: desk({ answer: (call) => ({ ...answered(call), cards: [{ summary: 'Only words' }] }) }) };
  await assert.rejects(
    proveSound({ cases: [wrong], signal }),
    /^Error: The script is wrong, not the client: in case C5 our own payer breaks crd\.\S+: expected .+; saw .+Nothing was asked of the client\. This is a defect of payer-assay/,
  );
  await proveSound({ cases: [{ ...wrong, ...healthy('C5', 'crd'), serves: desk({}) }], signal });
});
