import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createDataset } from '../../fixtures/dataset.ts';
import { generatedStream } from '../../mocks/bulk/generated.ts';
import { createPayer } from '../../mocks/kernel/payer.ts';

/** The embedded payer's generated export in a process of its own: `/1000` answers with a thousand claims, made while they are read. */
const { state } = createPayer({ routes: [], data: createDataset(1, 10), clients: new Map() });
const server = createServer((request, response) => {
  const stream = generatedStream('ExplanationOfBenefit', Number(request.url?.slice(1)), state);
  response.writeHead(200, { 'content-type': 'application/fhir+ndjson' });
  Readable.fromWeb(stream as ReadableStream<Uint8Array>)
    .on('error', () => response.destroy())
    .pipe(response);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
