import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { healthy } from '../../mocks/client/case.ts';
import { cases } from '../../mocks/client/cases/index.ts';
import { startScripted } from '../../mocks/client/host.ts';
import { conduct } from '../../src/client-side/conduct.ts';
import { ownRegistration } from '../../src/client-side/own/client.ts';

const started = () => startScripted({ cases: [healthy('fine', 'record')], clients: ownRegistration() });
const get = async (url: string): Promise<number> => (await fetch(url)).status;

test('a body of 200 MB is not read, whoever sent it is answered or cut off, and the others are served', async () => {
  const scripted = await started();
  try {
    await new Promise<void>((resolve) => {
      const outgoing = request(`${scripted.origin}/fine/fhir/Patient/$member-match`, {
        method: 'POST',
        headers: { 'content-type': 'application/fhir+json' },
      });
      const chunk = Buffer.alloc(1 << 20, 32);
      let sent = 0;
      const more = (): void => {
        while (sent++ < 200) if (!outgoing.write(chunk)) return void outgoing.once('drain', more);
        outgoing.end();
      };
      outgoing.on('response', (incoming) => {
        assert.equal(incoming.statusCode, 413);
        incoming.resume();
      });
      outgoing.on('error', () => undefined).on('close', () => resolve());
      more();
    });
    assert.equal(await get(`${scripted.origin}/fine/fhir/metadata`), 200);
    const [large] = scripted.heard;
    assert.equal(large?.request.body, undefined);
    assert.ok((large?.size.sent ?? 0) < 20 * 2 ** 20, 'most of it was never read');
  } finally {
    await scripted.close();
  }
});

test('half a request keeps nobody waiting', async () => {
  const scripted = await started();
  const port = Number(new URL(scripted.origin).port);
  const sockets = Array.from({ length: 20 }, () =>
    connect(port, '127.0.0.1', function (this: ReturnType<typeof connect>) {
      this.write('GET /fine/fhir/metadata HTTP/1.1\r\nHost: x\r\n');
    }),
  );
  for (const socket of sockets) socket.on('error', () => undefined);
  assert.equal(await get(`${scripted.origin}/fine/fhir/metadata`), 200);
  await scripted.close();
  for (const socket of sockets) socket.destroy();
});

test('requests that fit no case are listed, not graded; a flood of them is survived', async () => {
  const scripted = await started();
  try {
    const all = await Promise.all(Array.from({ length: 300 }, (_, nth) => get(`${scripted.origin}/nobody-${nth}/fhir/Patient/1`)));
    assert.ok(all.every((status) => status === 404));
    assert.equal(await get(`${scripted.origin}/fine/fhir/metadata`), 200);
    assert.equal(scripted.heard.filter(({ suite }) => suite === '').length, 300);
    assert.equal(scripted.heard.filter(({ suite }) => suite === 'fine').length, 1);
  } finally {
    await scripted.close();
  }
});

test('a client that never comes gets no pass and no failure', async () => {
  const { run } = await conduct({
    name: 'nobody',
    cases: cases.filter(({ id }) => ['R1', 'B1', 'E1'].includes(id)),
    clients: ownRegistration(),
    share: 0.01,
    atOnce: 4,
    signal: new AbortController().signal,
    trigger: () => async () => ({}),
  });
  assert.deepEqual(
    run.verdicts.filter(({ finding }) => finding.outcome === 'pass' || finding.outcome === 'fail'),
    [],
  );
});
