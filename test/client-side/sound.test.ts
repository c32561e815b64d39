import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthy } from '../../mocks/client/case.ts';
import { answered, desk } from '../../mocks/client/cds.ts';
import { proveSound, unproven } from '../../src/client-side/sound.ts';
import type { Exchange } from '../../src/core/model.ts';

const { signal } = new AbortController();

test('a script that is wrong itself stops before anything is asked of a client, and says that it is ours', async () => {
  const wrong = { ...healthy('C5', 'crd'), serves: desk({ answer: (call) => ({ ...answered(call), cards: [{ summary: 'Only words' }] }) }) };
  await assert.rejects(
    proveSound({ cases: [wrong], signal }),
    /^Error: The script is wrong, not the client: in case C5 our own payer breaks crd\.\S+: expected .+; saw .+Nothing was asked of the client\. This is a defect of payer-assay/,
  );
  await proveSound({ cases: [{ ...wrong, ...healthy('C5', 'crd'), serves: desk({}) }], signal });
});

test('what our own client did not do proves nothing of the script: a control that is not completed, a case that is not asked', () => {
  const controls = [healthy('sound-record', 'record')];
  const faulty = [healthy('C5', 'crd'), { ...healthy('C8a', 'crd'), scene: 'self-pay' as const }];
  const named = (flaws: ReturnType<typeof unproven>) => flaws.map((each) => each.case);
  assert.deepEqual(named(unproven(controls, faulty, [])), ['sound-record', 'C5'], 'who pays alone needs no payer');
  const heard = (suite: string, step: Exchange['step']) =>
    ({ suite, step, request: { method: 'GET', url: '/', headers: {} }, response: { status: 200, headers: {}, body: '' } }) as unknown as Exchange;
  assert.deepEqual(named(unproven(controls, faulty, [heard('sound-record', 'metadata'), heard('C5', 'cds.hook')])), ['sound-record']);
  assert.deepEqual(unproven(controls, faulty, [heard('sound-record', 'search'), heard('C5', 'cds.hook')]), []);
});
