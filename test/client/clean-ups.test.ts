import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startExport, tryKickoff } from '../../src/client/bulk/export.ts';
import { byHand, cleanUp } from '../../src/client/clean-up.ts';
import { fileCleanUps, memoryCleanUps, type PendingCleanUp } from '../../src/client/clean-ups.ts';
import { cancelJob, exportByGet } from '../../src/client/requests/bulk.ts';
import { clientOf, noting } from './world.ts';

const job = (url: string): PendingCleanUp => ({ id: url, what: 'export job', base: 'http://x', step: 'bulk.delete', request: cancelJob(url) });

test('a leftover is what an earlier run recorded, and nothing of this one', async (t) => {
  const { origin, asked } = await noting(t, (_request, response) => response.writeHead(202).end());
  const client = clientOf(t, origin);
  client.known.base = origin;
  const cleanUps = memoryCleanUps([{ ...job(`${origin}/old`), base: origin }]);
  const provider = { ...client, cleanUps };
  cleanUps.add({ ...job(`${origin}/mine`), base: origin });
  assert.deepEqual(await cleanUp(provider, 'leftover'), []);
  assert.deepEqual(
    asked.map(({ method, url }) => `${method} ${url}`),
    ['DELETE /old'],
  );
  assert.deepEqual(await cleanUp(provider), []);
  assert.deepEqual(cleanUps.pending(), []);
});

test('the journal knows whose clean-ups are whose', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-clean-ups-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  fileCleanUps(folder).add(job('http://x/1'));
  const second = fileCleanUps(folder);
  second.add(job('http://x/2'));
  assert.deepEqual(
    [second.earlier(), second.pending()].map((each) => each.map(({ id }) => id)),
    [['http://x/1'], ['http://x/1', 'http://x/2']],
  );
});

test('a journal under the name of before is read, and goes on under the new one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-clean-ups-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const entries = [{ owe: job('http://x/1') }, { owe: job('http://x/2') }, { paid: 'http://x/1' }];
  writeFileSync(join(folder, 'owed.ndjson'), entries.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const cleanUps = fileCleanUps(folder);
  assert.deepEqual(
    cleanUps.earlier().map(({ id }) => id),
    ['http://x/2'],
  );
  assert.deepEqual(readdirSync(folder), ['pending-cleanup.ndjson']);
  cleanUps.done('http://x/2');
  assert.deepEqual(readdirSync(folder), []);
});

test('a kick-off is in the journal before it goes out, and its job from the moment it is accepted', async (t) => {
  let before: readonly PendingCleanUp[] = [];
  const { origin } = await noting(t, (_request, response) => {
    before = client.cleanUps.pending();
    response.writeHead(202, { 'content-location': `${origin}/status/1` }).end();
  });
  const client = clientOf(t, origin);
  client.known.base = origin;
  await startExport(client, exportByGet({ base: origin, at: 'Group/g' }), 'group');
  assert.match(before[0]?.what ?? '', /may have started/);
  assert.deepEqual(
    client.cleanUps.pending().map(({ id }) => id),
    [`${origin}/status/1`],
  );
});

test('a kick-off that reached nobody has begun nothing', async (t) => {
  const client = clientOf(t, 'http://127.0.0.1:1');
  client.known.base = 'http://127.0.0.1:1';
  await startExport(client, exportByGet({ base: client.known.base, at: 'Group/g' }), 'group');
  assert.deepEqual(client.cleanUps.pending(), []);
});

for (const [what, location] of [
  ['names no job', undefined],
  ['names itself as its job', '/Group/g/$export'],
] as const)
  test(`a kick-off that is taken and ${what} stays open: only the payer can end it`, async (t) => {
    const { origin } = await noting(t, (_, response) =>
      response.writeHead(202, location === undefined ? {} : { 'content-location': location }).end(),
    );
    const client = clientOf(t, origin);
    client.known.base = origin;
    await startExport(client, exportByGet({ base: origin, at: 'Group/g' }), 'group');
    const [open] = await cleanUp(client);
    assert.match(open === undefined ? '' : byHand(open), /ask the payer to end it/);
  });

test('a kick-off whose answer is lost stays open: nobody knows whether something runs', async (t) => {
  const { origin } = await noting(t, ({ socket }) => socket.destroy());
  const client = clientOf(t, origin);
  client.known.base = origin;
  await startExport(client, exportByGet({ base: client.known.base, at: 'Group/g' }), 'group');
  const [open] = await cleanUp(client);
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
    assert.deepEqual(client.cleanUps.pending(), []);
  });

test('410 settles a clean-up as 404 does; what is not settled says how to take it back by hand', async (t) => {
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
    assert.equal(client.cleanUps.pending().length, left);
    assert.equal(asked.filter(({ method }) => method === 'DELETE').length, 1);
    for (const pending of await cleanUp(client))
      assert.ok(byHand(pending).includes(`curl -X DELETE -H "Authorization: Bearer $TOKEN" '${origin}/it'\\''s'`), byHand(pending));
  }
});
