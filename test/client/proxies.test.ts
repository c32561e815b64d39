import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { agentsFor, type Proxies, proxiesOf } from '../../src/client/proxies.ts';
import { isOpened } from '../../src/client/stream.ts';
import { createTransport, defaultLimits } from '../../src/client/transport.ts';
import { noting } from './world.ts';

/** Node 22.20 is supported, but its agents know no proxies: there the last test of this file holds. */
const unknown = knowsProxies() ? false : `Node ${process.versions.node} knows no proxies`;
function knowsProxies(): boolean {
  try {
    agentsFor({ http: 'http://proxy.example', none: '' });
    return true;
  } catch {
    return false;
  }
}

/** A proxy through which every name leads to one server, and what it was asked for. */
async function proxyTo(t: TestContext, origin: string) {
  const { hostname, port } = new URL(origin);
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push(incoming.url ?? '');
    const { pathname } = new URL(incoming.url ?? '');
    incoming.pipe(forward({ hostname, port, path: pathname, method: incoming.method }, (answer) => answer.pipe(outgoing)));
  });
  server.on('connect', (incoming, socket) => {
    seen.push(incoming.url ?? '');
    const up = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      up.pipe(socket).pipe(up);
    });
    up.on('error', () => socket.destroy());
    socket.on('error', () => up.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('pages and files go by way of the proxy that the environment names, and past it where NO_PROXY says so', { skip: unknown }, async (t) => {
  const { origin, asked } = await noting(t, (_request, response) => response.end('{}'));
  const proxy = await proxyTo(t, origin);
  const transport = createTransport({}, defaultLimits, proxiesOf({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: 'direct.example' }));
  t.after(() => transport.close());
  const request = { method: 'GET', url: 'http://payer.example/fhir/metadata', headers: {} };
  assert.equal((await transport.send(request)).response?.body, '{}');
  const opened = await transport.open(request);
  assert.equal(isOpened(opened) ? await text(opened.body) : opened.message, '{}');
  assert.equal(proxy.seen.length, 2);
  // This machine is never asked by way of a proxy, and the name in NO_PROXY does not resolve.
  assert.equal((await transport.send({ ...request, url: `${origin}/metadata` })).response?.body, '{}');
  assert.equal((await transport.send({ ...request, url: 'http://direct.example/metadata' })).error?.code, 'dns');
  assert.deepEqual([proxy.seen.length, asked.length], [2, 3]);
});

test('a proxy that does not open the way to https is called ours', { skip: unknown }, async (t) => {
  const proxy = await noting(t, (_request, response) => response.writeHead(407).end());
  const transport = createTransport({}, defaultLimits, proxiesOf({ HTTPS_PROXY: proxy.origin }) as Proxies);
  t.after(() => transport.close());
  const request = { method: 'GET', url: 'https://payer.example/fhir/metadata', headers: {} };
  const opened = await transport.open(request);
  for (const error of [(await transport.send(request)).error, isOpened(opened) ? undefined : opened])
    assert.equal(error?.code, 'ours', error?.message);
});

test('the names of the environment, in capitals or not; empty ones name nothing', () => {
  assert.equal(proxiesOf({ HTTPS_PROXY: '', NO_PROXY: 'x' }), undefined);
  const both = proxiesOf({ https_proxy: 'http://p:1', ALL_PROXY: 'http://p:2', no_proxy: 'a.example' });
  assert.deepEqual([both?.https, both?.http, both?.none.startsWith('a.example,')], ['http://p:1', 'http://p:2', true]);
});

test('a Node that knows no proxies says so at once', () => {
  assert.throws(() => agentsFor({ https: 'http://p:1', none: '' }, '22.20.0'), /Node 22\.20\.0 cannot use it/);
});
