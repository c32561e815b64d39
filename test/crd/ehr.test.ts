import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startEhr } from '../../src/client/crd/ehr.ts';
import { holdings, sceneFor } from '../../src/client/requests/crd/scene.ts';
import type { JsonObject } from '../../src/core/fhir.ts';
import { duplicateNames } from '../../src/validation/guard.ts';

const member = { patient: { resourceType: 'Patient', name: [{ family: 'A' }] }, coverage: { resourceType: 'Coverage' } };
const scene = sceneFor({ name: 't', auth: { kind: 'none' }, members: {} }, member, { day: '2026-03-01' });

async function opened(t: TestContext, options: Parameters<typeof startEhr>[0] = {}) {
  const ehr = await startEhr(options);
  t.after(() => ehr.close());
  const grant = ehr.grant(holdings(scene));
  const ask = async (path: string, init: RequestInit & { readonly headers?: Record<string, string> } = {}) => {
    const answer = await fetch(`${ehr.base}${path}`, { ...init, headers: { authorization: `Bearer ${grant.token}`, ...init.headers } });
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', body: (await answer.json()) as JsonObject };
  };
  const found = async (path: string, init: Parameters<typeof ask>[1] = {}): Promise<readonly string[]> =>
    ((await ask(path, init)).body['entry'] as { resource: JsonObject }[] | undefined)?.map(
      ({ resource }) => `${resource['resourceType']}/${resource['id']}`,
    ) ?? [];
  return { ehr, grant, ask, found };
}

test('our EHR server answers the token of a hook call while it lasts, and says who came without it', async (t) => {
  const { ehr, grant, ask } = await opened(t);
  assert.equal((await ask('/Patient/ehr-patient')).status, 200);
  assert.equal((await ask('/Patient/ehr-patient', { headers: { authorization: 'Bearer other' } })).status, 401);
  assert.equal((await ask('/Patient/nobody')).status, 404);
  ehr.behave('fail');
  assert.equal((await ask('/Patient?_id=ehr-patient')).status, 500);
  ehr.behave('serve');
  grant.end();
  assert.equal((await ask('/Patient/ehr-patient')).status, 401);
  assert.deepEqual(
    ehr.calls.map((call) => call.authorised),
    [true, false, true, true, false],
  );
});

test('a token is dead when its time is over', async (t) => {
  const { ask } = await opened(t, { seconds: 0 });
  assert.equal((await ask('/Patient/ehr-patient')).status, 401);
});

test('what a strict client wants first: a CapabilityStatement of FHIR R4 in its own media type, without a token', async (t) => {
  const { ask } = await opened(t);
  const { status, type, body } = await ask('/metadata', { headers: { authorization: '' } });
  assert.deepEqual(
    [status, type.split(';')[0], body['resourceType'], body['fhirVersion']],
    [200, 'application/fhir+json', 'CapabilityStatement', '4.0.1'],
  );
});

test('searches: by id, by patient, by token, with includes of both kinds, by POST, inside a compartment', async (t) => {
  const { found } = await opened(t);
  assert.deepEqual(await found('/ServiceRequest?_id=order-1,order-2'), ['ServiceRequest/order-1', 'ServiceRequest/order-2']);
  assert.deepEqual(await found('/Coverage?patient=ehr-patient&status=active&_include=Coverage:payor'), [
    'Coverage/ehr-coverage',
    'Organization/ehr-payer',
  ]);
  assert.deepEqual(await found('/Coverage?patient=Patient/ehr-patient&status=cancelled'), []);
  assert.deepEqual(await found('/Coverage?patient=somebody'), []);
  assert.deepEqual(await found('/Patient/ehr-patient/Coverage'), ['Coverage/ehr-coverage']);
  const form = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '_id=order-1&_include=ServiceRequest:requester',
  };
  assert.deepEqual(await found('/ServiceRequest/_search', form), ['ServiceRequest/order-1', 'Practitioner/ehr-practitioner']);
  assert.deepEqual(
    await found(
      '/Appointment?_id=ehr-appointment&_include=Appointment:actor&_include=Appointment:based-on&_include:iterate=ServiceRequest:insurance',
    ),
    ['Appointment/ehr-appointment', 'Patient/ehr-patient', 'Practitioner/ehr-practitioner', 'ServiceRequest/order-1', 'Coverage/ehr-coverage'],
  );
  assert.deepEqual(await found('/Coverage?_id=ehr-coverage&_revinclude=ServiceRequest:insurance'), [
    'Coverage/ehr-coverage',
    'ServiceRequest/order-1',
    'ServiceRequest/order-2',
  ]);
});

test('pages: as many as asked for, and a next link to the rest', async (t) => {
  const { ask } = await opened(t);
  const first = (await ask('/ServiceRequest?patient=ehr-patient&_count=1')).body;
  const next = (first['link'] as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url ?? '';
  assert.equal((first['entry'] as unknown[]).length, 1);
  assert.equal(first['total'], 2);
  const second = (await ask(next.slice(next.indexOf('/ServiceRequest')))).body;
  assert.equal((second['entry'] as { resource: JsonObject }[])[0]?.resource?.['id'], 'order-2');
  assert.ok(!JSON.stringify(second['link']).includes('next'));
});

test('a batch of reads and searches is answered entry by entry', async (t) => {
  const { ask } = await opened(t);
  const entry = ['Patient/ehr-patient', 'Coverage?patient=ehr-patient', 'Patient/nobody'].map((url) => ({ request: { method: 'GET', url } }));
  const body = JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry });
  const answer = await ask('', { method: 'POST', headers: { 'content-type': 'application/fhir+json' }, body });
  assert.equal(answer.body['type'], 'batch-response');
  assert.deepEqual(
    (answer.body['entry'] as { response: { status: string } }[]).map(({ response }) => response.status.slice(0, 3)),
    ['200', '200', '404'],
  );
});

test('XML, writes and unknown types are refused in words', async (t) => {
  const { ask } = await opened(t);
  assert.equal((await ask('/Patient/ehr-patient', { headers: { accept: 'application/fhir+xml' } })).status, 406);
  assert.equal((await ask('/Patient/ehr-patient?_format=xml')).status, 406);
  // As HAPI's client asks when it was told nothing: any of the two will do.
  assert.equal((await ask('/Patient/ehr-patient', { headers: { accept: 'application/fhir+xml;q=1.0, application/fhir+json;q=1.0' } })).status, 200);
  const write = { method: 'PUT', headers: { 'content-type': 'application/fhir+json' }, body: '{}' };
  assert.equal((await ask('/Patient/ehr-patient', write)).status, 403);
  assert.equal((await ask('/Unicorn?_id=1')).status, 404);
});

test('a storm of callbacks is cut off with 429 and does not fill our memory', async (t) => {
  const { ehr, ask } = await opened(t);
  const statuses = new Set<number>();
  for (let call = 0; call < 520; call++) statuses.add((await ask('/Patient/x')).status);
  assert.equal(ehr.calls.length, 500);
  assert.ok(statuses.has(429), [...statuses].join(', '));
});

test('names that stand twice in one object are found, whatever JSON.parse makes of them', () => {
  assert.deepEqual(duplicateNames('{"cards":[{"summary":"a","summary":"b"}],"cards":[]}'), ['cards.0.summary', 'cards']);
  assert.deepEqual(duplicateNames('{"a":{"b":1},"c":{"b":2}}'), []);
});
