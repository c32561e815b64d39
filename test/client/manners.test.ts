import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { download } from '../../src/client/bulk/download.ts';
import { Stop } from '../../src/client/provider.ts';
import { bulkFile } from '../../src/client/requests/bulk.ts';
import { clientOf, noting } from './world.ts';

const get = (url: string) => ({ method: 'GET', url, token: 'default' }) as const;

for (const status of [429, 503] as const)
  for (const [form, header] of [
    ['seconds', '0'],
    ['a date', new Date(Date.now() - 1000).toUTCString()],
  ] as const)
    test(`${status} with Retry-After in ${form} is waited out, and only the answer after it is recorded`, async (t) => {
      const { origin, asked } = await noting(t, (_request, response, nth) => {
        if (nth === 1) response.writeHead(status, { 'retry-after': header }).end();
        else response.end('{}');
      });
      const client = clientOf(t, origin);
      const reply = await client.ask('search', get(`${origin}/Condition`), { variant: 'sec:condition' });
      assert.deepEqual([reply.status, asked.length, client.recorded.length], [200, 2, 1]);
      assert.deepEqual(client.recorded[0]?.facts?.['http.retries'], [{ status, error: null, retryAfter: header }]);
    });

test('nonsense in Retry-After is reported and not slept on', async (t) => {
  const { origin } = await noting(t, (_request, response, nth) => {
    if (nth === 1) response.writeHead(429, { 'retry-after': '1999999999' }).end();
    else response.end('{}');
  });
  const client = clientOf(t, origin);
  assert.equal((await client.ask('search', get(`${origin}/Condition`))).status, 200);
  assert.deepEqual(client.recorded[0]?.facts?.['http.retries'], [{ status: 429, error: null, retryAfter: '1999999999' }]);
});

test('a payer that asks for more time than we have is not asked again, with the reason', async (t) => {
  const { origin, asked } = await noting(t, (_request, response) => response.writeHead(429, { 'retry-after': '7200' }).end());
  const client = clientOf(t, origin, { maxWait: 60 });
  assert.equal((await client.ask('search', get(`${origin}/Condition`))).status, 429);
  const refused = await client.ask('search', get(`${origin}/Coverage`)).catch((cause: unknown) => cause);
  assert.ok(refused instanceof Stop && refused.because === 'throttled', String(refused));
  assert.match(refused.message, /raise --max-wait/);
  assert.equal(asked.length, 1);
});

test('a GET whose connection is reset before the first byte is asked once more, a POST that changes something is not', async (t) => {
  const { origin, asked } = await noting(t, (request, response, nth) => {
    if (nth === 1 || request.method === 'POST') response.socket?.destroy();
    else response.end('{}');
  });
  const client = clientOf(t, origin);
  assert.equal((await client.ask('read', get(`${origin}/Patient/1`))).status, 200);
  const post = { method: 'POST', url: `${origin}/Patient`, body: '{}' };
  assert.equal((await client.ask('operation', post)).exchange.error?.code, 'reset');
  assert.deepEqual(
    asked.map(({ method }) => method),
    ['GET', 'GET', 'POST'],
  );
});

test('an answer that breaks off after its first byte is not asked for again', async (t) => {
  const heads = [{ 'content-length': '100' }, { 'transfer-encoding': 'chunked' }] as const;
  const ends = [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()] as const;
  for (const head of heads)
    for (const [nth, end] of ends.entries()) {
      const { origin, asked } = await noting(t, (_request, response) => {
        response.writeHead(200, head);
        response.write('{', () => response.socket && end(response.socket));
      });
      const client = clientOf(t, origin);
      const { exchange } = await client.ask('read', get(`${origin}/Patient/1`));
      // A reset may overtake what was sent before it: then nothing came, and it is asked for once more.
      const told = `${JSON.stringify(head)}, ending ${nth}: ${exchange.error?.message}`;
      assert.equal(exchange.error?.code, 'reset', told);
      if (nth < 2) assert.equal(asked.length, 1, told);
    }
});

test('within an origin every request follows, method and token included; the question stays the recorded request', async (t) => {
  const { origin, asked } = await noting(t, (request, response) => {
    if (request.url?.includes('moved')) response.end('{"there":true}');
    else response.writeHead(307, { location: `${request.url}${request.url?.includes('?') ? '&' : '?'}moved=1` }).end();
  });
  const client = clientOf(t, origin);
  const reply = await client.ask('search', { ...get(`${origin}/Patient/_search`), method: 'POST', form: { _id: '1' } });
  assert.deepEqual(reply.json, { there: true });
  assert.deepEqual(
    asked.map(({ method, authorization }) => [method, authorization]),
    [
      ['POST', 'Bearer secret'],
      ['POST', 'Bearer secret'],
    ],
  );
  const [exchange, ...more] = client.recorded;
  assert.equal(more.length, 0);
  assert.equal(exchange?.request.url, `${origin}/Patient/_search`);
  assert.deepEqual(exchange?.facts?.['http.hops'], [{ status: 307, from: `${origin}/Patient/_search`, to: `${origin}/Patient/_search` }]);
});

test('another origin gets the question by GET without the token, pages and files alike', async (t) => {
  const store = await noting(t, (_request, response) => response.end('{"resourceType":"Patient"}\n'));
  const { origin } = await noting(t, (_request, response) => response.writeHead(302, { location: `${store.origin}/blob?sig=1` }).end());
  const client = clientOf(t, origin);
  assert.equal((await client.ask('read', get(`${origin}/Binary/1`))).status, 200);
  const file = await download(client, bulkFile(`${origin}/file`, true), {}, {});
  assert.deepEqual([file.response?.status, file.facts?.['file.lines']], [200, 1]);
  assert.deepEqual(file.facts?.['http.hops'], [{ status: 302, from: `${origin}/file`, to: `${store.origin}/blob` }]);
  assert.deepEqual(
    store.asked.map(({ authorization }) => authorization),
    [undefined, undefined],
  );
  const post = { ...get(`${origin}/Patient/_search`), method: 'POST', form: { _id: '1' } };
  assert.equal((await client.ask('search', post)).status, 302);
  assert.match(String(client.recorded.at(-1)?.facts?.['http.notFollowed']), /another origin/);
  assert.equal(store.asked.length, 2);
});

test('an endless ring of redirects ends at our limit', async (t) => {
  const { origin, asked } = await noting(t, (_request, response) => response.writeHead(302, { location: '/again' }).end());
  const client = clientOf(t, origin);
  assert.equal((await client.ask('read', get(`${origin}/Patient/1`))).exchange.error?.code, 'limit.redirects');
  assert.equal(asked.length, 6);
});

test('tries that are meant to fail neither repeat nor trip the circuit breaker', async (t) => {
  const closed = await noting(t, () => undefined);
  const client = clientOf(t, closed.origin);
  for (let nth = 0; nth < 5; nth++) await client.ask('plain-http', get('http://127.0.0.1:1/metadata'), { once: true });
  assert.equal(client.recorded.length, 5);
  assert.equal((await client.ask('read', get('http://127.0.0.1:1/Patient/1'))).exchange.error?.code, 'refused');
});
