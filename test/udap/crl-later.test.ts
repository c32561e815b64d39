import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fetchBytes } from '../../src/client/udap/fetch-bytes.ts';

/** A host of certificate lists that gives these answers, one after the other, the last one again and again. */
async function host(answers: readonly (readonly [status: number, retryAfter?: string])[]) {
  let asked = 0;
  const server = createServer((_, response) => {
    const [status, retryAfter] = answers[Math.min(asked++, answers.length - 1)] ?? [200];
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('list');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/root.crl`;
  return { url, asked: () => asked, close: () => server.close() };
}

test('a host that is busy for a moment is asked again before revocation counts as unknown', async () => {
  for (const first of [[503, '0'], [429, '0'], [503]] as const) {
    const { url, asked, close } = await host([first, [200]]);
    assert.equal((await fetchBytes()(url)).toString(), 'list');
    assert.equal(asked(), 2);
    close();
  }
});

test('one that stays busy, or says to come back beyond our time, is given up with its answer', async () => {
  const busy = await host([[503, '0']]);
  await assert.rejects(fetchBytes()(busy.url), /answered 503/);
  assert.equal(busy.asked(), 3);
  busy.close();
  const tomorrow = await host([[429, '86400']]);
  await assert.rejects(fetchBytes()(tomorrow.url), /answered 429/);
  assert.equal(tomorrow.asked(), 1);
  tomorrow.close();
  const gone = await host([[404]]);
  await assert.rejects(fetchBytes()(gone.url), /answered 404/);
  assert.equal(gone.asked(), 1);
  gone.close();
});

test('no certificate and no redirect leads to link-local or metadata addresses', async () => {
  const inner = 'http://169.254.169.254/latest';
  for (const url of [inner, 'http://[::ffff:169.254.169.254]/x', 'http://2852039166/x', 'http://metadata.google.internal/x'])
    await assert.rejects(fetchBytes()(url), /link-local or metadata address/, url);
  const server = createServer((_, response) => void response.writeHead(302, { location: inner }).end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  await assert.rejects(fetchBytes()(`http://127.0.0.1:${(server.address() as AddressInfo).port}/root.crl`), /link-local or metadata address/);
  server.close();
});
