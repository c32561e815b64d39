import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { asArray, at } from '../../src/core/fhir.ts';
import { issue, startPayer, type TestPayer } from './payer.ts';

let payer: TestPayer;
let known: string;
before(async () => {
  payer = await startPayer();
  known = payer.payer.state.data.roles.known;
});
after(() => payer.close());

test('a read tells its version, and 304 when the client holds it', async () => {
  const first = await payer.get(`/Patient/${known}`);
  const etag = first.headers.get('etag') ?? '';
  assert.equal(etag, `W/"${String(at(first.json, 'meta', 'versionId'))}"`);
  const again = await payer.get(`/Patient/${known}`, { 'if-none-match': etag });
  assert.deepEqual([again.status, again.text], [304, '']);
  assert.equal((await payer.get(`/Patient/${known}`, { 'if-none-match': 'W/"999"' })).status, 200);
});

test('a deleted resource is gone, an older version is not kept', async () => {
  const [deleted = ''] = payer.payer.state.data.deleted;
  assert.equal((await payer.get(`/${deleted}`)).status, 410);
  assert.equal((await payer.get(`/Patient/${known}/_history/999`)).status, 404);
});

test('formats: JSON by any of its names, anything else 406 with a way forward', async () => {
  for (const accept of [
    'application/json',
    '*/*',
    'application/fhir+xml;q=0.1, application/fhir+json;q=0.9',
    'application/fhir+json; fhirVersion=4.0',
  ])
    assert.equal((await payer.get('/metadata', { accept })).status, 200, accept);
  for (const accept of ['text/csv', 'application/fhir+xml', 'application/fhir+json; fhirVersion=1.0']) {
    const refused = await payer.get('/metadata', { accept });
    assert.equal(refused.status, 406, accept);
    assert.match(issue(refused).text, /Correct/);
  }
  assert.equal((await payer.get('/metadata?_format=json', { accept: 'application/fhir+xml' })).status, 200);
  assert.equal((await payer.get('/metadata?_format=xml')).status, 406);
});

test('our request id comes back; one that is no id does not', async () => {
  const answer = await payer.get(`/Patient/${known}`, { 'x-request-id': 'abc-123' });
  assert.equal(answer.headers.get('x-request-id'), 'abc-123');
  const odd = await payer.get(`/Patient/${known}`, { 'x-request-id': 'x'.repeat(200) });
  assert.notEqual(odd.headers.get('x-request-id'), 'x'.repeat(200));
});

test('writing is refused with 405 and Allow', async () => {
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const response = await fetch(`${payer.base}/Patient/${known}`, { method, headers: { authorization: 'Bearer a-token-for-tests' }, body: '{}' });
    assert.equal(response.status, 405, method);
    assert.ok(response.headers.get('allow'));
    await response.text();
  }
});

test('without a token nothing but metadata is shown', async () => {
  for (const path of [`/Patient/${known}`, '/Patient', '/NoSuchType']) assert.equal((await payer.get(path, { authorization: '' })).status, 401, path);
  assert.equal((await payer.get('/metadata', { authorization: '' })).status, 200);
});

test('metadata declares exactly the search parameters that work', async () => {
  const { json } = await payer.get('/metadata');
  for (const entry of asArray(at(json, 'rest', 0, 'resource'))) {
    const type = String(at(entry, 'type'));
    const names = asArray(at(entry, 'searchParam')).map((each) => String(at(each, 'name')));
    const answers = await Promise.all(names.map((name) => payer.get(`/${type}?${name}:missing=true&_summary=count`)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      names.map(() => 200),
      type,
    );
  }
});
