import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startExport, tryKickoff } from '../../src/client/bulk/export.ts';
import { type Debt, fileDebts, memoryDebts } from '../../src/client/debts.ts';
import { byHand, payDebts } from '../../src/client/pay-debts.ts';
import { cancelJob, exportByGet } from '../../src/client/requests/bulk.ts';
import { clientOf, noting } from './world.ts';

const job = (url: string): Debt => ({ id: url, what: 'export job', base: 'http://x', step: 'bulk.delete', request: cancelJob(url) });

test('a leftover is what an earlier run recorded, and nothing of this one', async (t) => {
  const { origin, asked } = await noting(t, (_request, response) => response.writeHead(202).end());
  const client = clientOf(t, origin);
  client.known.base = origin;
  const debts = memoryDebts([{ ...job(`${origin}/old`), base: origin }]);
  const provider = { ...client, debts };
  debts.owe({ ...job(`${origin}/mine`), base: origin });
  assert.deepEqual(await payDebts(provider, 'leftover'), []);
  assert.deepEqual(
    asked.map(({ method, url }) => `${method} ${url}`),
    ['DELETE /old'],
  );
  assert.deepEqual(await payDebts(provider), []);
  assert.deepEqual(debts.open(), []);
});

test('the journal knows whose debts are whose', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-debts-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'owed.ndjson');
  fileDebts(path).owe(job('http://x/1'));
  const second = fileDebts(path);
  second.owe(job('http://x/2'));
  assert.deepEqual(
    [second.earlier(), second.open()].map((each) => each.map(({ id }) => id)),
    [['http://x/1'], ['http://x/1', 'http://x/2']],
  );
});

test('a kick-off is in the journal before it goes out, and its job from the moment it is accepted', async (t) => {
  let before: readonly Debt[] = [];
  const { origin } = await noting(t, (_request, response) => {
    before = client.debts.open();
    response.writeHead(202, { 'content-location': `${origin}/status/1` }).end();
  });
  const client = clientOf(t, origin);
  client.known.base = origin;
  await startExport(client, exportByGet({ base: origin, at: 'Group/g' }), 'group');
  assert.match(before[0]?.what ?? '', /may have started/);
  assert.deepEqual(
    client.debts.open().map(({ id }) => id),
    [`${origin}/status/1`],
  );
});

test('a kick-off without any answer stays open: nobody knows whether something runs', async (t) => {
  const client = clientOf(t, 'http://127.0.0.1:1');
  client.known.base = 'http://127.0.0.1:1';
  await startExport(client, exportByGet({ base: client.known.base, at: 'Group/g' }), 'group');
  const [open] = await payDebts(client);
  assert.match(open === undefined ? '' : byHand(open), /ask the payer to end it/);
});

for (const location of ['/status/1', 'status/1'])
  test(`a job whose Content-Location is ${location} is cancelled where that leads, at once`, async (t) => {
    const { origin, asked } = await noting(t, (request, response) =>
      request.method === 'DELETE' ? response.writeHead(202).end() : response.writeHead(202, { 'content-location': location }).end(),
    );
    const client = clientOf(t, origin);
    client.known.base = origin;
    const { statusUrl } = await tryKickoff(client, exportByGet({ base: origin, at: 'Group/g' }), 'post');
    assert.equal(statusUrl, undefined);
    assert.deepEqual(
      asked.filter(({ method }) => method === 'DELETE').map(({ url }) => url),
      [location.startsWith('/') ? '/status/1' : '/Group/g/status/1'],
    );
    assert.deepEqual(client.debts.open(), []);
  });

test('410 settles a debt as 404 does; what is not settled says how to take it back by hand', async (t) => {
  for (const [status, left] of [
    [410, 0],
    [404, 0],
    [500, 1],
  ] as const) {
    const { origin, asked } = await noting(t, (request, response) =>
      request.method === 'DELETE' ? response.writeHead(status).end() : response.writeHead(202, { 'content-location': `${origin}/it's` }).end(),
    );
    const client = clientOf(t, origin);
    client.known.base = origin;
    await tryKickoff(client, exportByGet({ base: origin, at: 'Group/g' }), 'post');
    assert.equal(client.debts.open().length, left);
    assert.equal(asked.filter(({ method }) => method === 'DELETE').length, 1);
    for (const debt of await payDebts(client))
      assert.ok(byHand(debt).includes(`curl -X DELETE -H "Authorization: Bearer $TOKEN" '${origin}/it'\\''s'`), byHand(debt));
  }
});
