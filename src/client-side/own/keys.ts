import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../../core/model.ts';

/** The address at which our own client publishes its keys. */
export async function publishKeys(set: Json): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((_incoming, outgoing) =>
    outgoing.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=3600', connection: 'close' }).end(JSON.stringify(set)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`, close: () => server.close() };
}
