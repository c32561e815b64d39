import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Turn } from './proxy.ts';

/** What is done to the wire itself: bytes that no HTTP library would send. All of it loses the answer. */
export const wires: Readonly<Record<string, (turn: Turn) => Promise<void> | void>> = {
  'closes the socket': ({ socket }) => void socket.destroy(),
  'resets the connection': ({ socket }) => void socket.resetAndDestroy(),
  'closes after half the headers': raw('HTTP/1.1 200 OK\r\ncontent-type: appl'),
  'closes after half the body': raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"resourceType"'),
  'switches protocols and closes': raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  'switches protocols and keeps the socket': ({ socket }) =>
    void socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  'sends garbage instead of HTTP': raw('\u0000\u0001\u0002 this is no HTTP\r\n\r\n'),
  'sends two lengths that differ': raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\n{}'),
  'sends chunks with sizes that are none': raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'),
  'sends headers without an end': ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    return endless(socket, () => Buffer.from(`x-${Math.random()}: ${'a'.repeat(1000)}\r\n`));
  },
  'sends a body without an end': ({ method, response }) => {
    response.writeHead(200, { 'content-type': 'application/fhir+json' });
    // To a HEAD no body is sent, and so none is ever enough.
    if (method === 'HEAD') return void response.end();
    const block = Buffer.alloc(2 ** 18, ' ');
    return endless(response, () => block);
  },
  'says 200 and sends a status of another protocol': raw('ICY 200 OK\r\n\r\n{}'),
};

function raw(bytes: string): (turn: Turn) => void {
  return ({ socket }) => void socket.end(Buffer.from(bytes, 'latin1'));
}

/** Piece after piece for as long as somebody takes them; a reader that goes away ends it. */
export async function endless(to: Writable, piece: () => Buffer): Promise<void> {
  function* pieces(): Generator<Buffer> {
    for (;;) yield piece();
  }
  await pipeline(Readable.from(pieces(), { objectMode: false }), to).catch(() => undefined);
}
