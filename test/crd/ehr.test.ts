import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEhr } from '../../src/client/crd/ehr.ts';
import { duplicateNames } from '../../src/enrich/json.ts';

const patient = { resourceType: 'Patient', id: 'ehr-patient' };

test('our EHR server answers the token it handed out, and says who came without it', async (t) => {
  const ehr = await startEhr();
  t.after(() => ehr.close());
  ehr.hold(new Map([['Patient/ehr-patient', patient]]));
  const authorization = `Bearer ${ehr.token}`;
  assert.equal((await fetch(`${ehr.base}/Patient/ehr-patient`, { headers: { authorization } })).status, 200);
  assert.equal((await fetch(`${ehr.base}/Patient/ehr-patient`, { headers: { authorization: 'Bearer other' } })).status, 401);
  assert.equal((await fetch(`${ehr.base}/Patient/nobody`, { headers: { authorization } })).status, 404);
  ehr.behave('fail');
  assert.equal((await fetch(`${ehr.base}/Patient?_id=ehr-patient`, { headers: { authorization } })).status, 500);
  assert.deepEqual(
    ehr.calls.map((call) => call.authorised),
    [true, false, true, true],
  );
});

test('a storm of callbacks is cut off with 429 and does not fill our memory', async (t) => {
  const ehr = await startEhr();
  t.after(() => ehr.close());
  const authorization = `Bearer ${ehr.token}`;
  const statuses = new Set<number>();
  for (let call = 0; call < 520; call++) {
    const answer = await fetch(`${ehr.base}/Patient/x`, { headers: { authorization } });
    statuses.add(answer.status);
    await answer.body?.cancel();
  }
  assert.equal(ehr.calls.length, 500);
  assert.ok(statuses.has(429), [...statuses].join(', '));
});

test('names that stand twice in one object are found, whatever JSON.parse makes of them', () => {
  assert.deepEqual(duplicateNames('{"cards":[{"summary":"a","summary":"b"}],"cards":[]}'), ['cards.0.summary', 'cards']);
  assert.deepEqual(duplicateNames('{"a":{"b":1},"c":{"b":2}}'), []);
});
