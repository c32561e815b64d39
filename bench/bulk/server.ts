import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createDataset } from '../../fixtures/dataset.ts';
import { behaviours, declared, honest } from '../../mocks/areas.ts';
import { generatedStream } from '../../mocks/bulk/generated.ts';
import { createPayer } from '../../mocks/kernel/payer.ts';

/**
 * The embedded payer's generated claims in a process of its own: `/1e9` answers with about that many bytes. The first 16 MB are kept and sent again and
 * again: nothing is stored, and making them takes as little as possible of the processors that are being measured.
 */
const { state } = createPayer({ routes: [], honest, behaviours, declared, data: createDataset(1, 10), clients: new Map() });
const chunks: Uint8Array[] = [];
let made = 0;
for await (const chunk of generatedStream({ type: 'ExplanationOfBenefit', claims: 1e9 }, state) as ReadableStream<Uint8Array>) {
  chunks.push(chunk);
  made += chunk.length;
  if (made >= 16 * 2 ** 20) break;
}

function* upTo(size: number): Generator<Uint8Array> {
  for (let sent = 0, index = 0; sent < size; index++) {
    const chunk = chunks[index % chunks.length] ?? new Uint8Array();
    yield chunk;
    sent += chunk.length;
  }
}

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/fhir+ndjson' });
  Readable.from(upTo(Number(request.url?.slice(1))), { objectMode: false })
    .on('error', () => response.destroy())
    .pipe(response);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
