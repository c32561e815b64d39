import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { createTransport } from '../../src/client/transport.ts';

/** Servers send the head of an answer when they have it: in a packet of its own, and before they have read the whole request where they need not. */
test('an answer whose head comes before the request is out is heard to its end', async (t) => {
  const length = 2 ** 20;
  const server = createServer((socket) => {
    let [head, seen] = ['', 0];
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (head === '') {
        head = chunk.toString('latin1');
        seen -= head.indexOf('\r\n\r\n') + 4;
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n');
      }
      seen += chunk.length;
      if (seen < length) return;
      head = '';
      seen = 0;
      socket.write('{"ok":true}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const transport = createTransport();
  t.after(() => transport.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (let nth = 0; nth < 3; nth++) {
    const { response, error } = await transport.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'text/plain' },
      body: 'é'.repeat(length / 2),
    });
    assert.deepEqual([error, response?.status, response?.body], [undefined, 200, '{"ok":true}']);
  }
});
