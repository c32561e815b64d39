import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from './embedded.ts';
import type { MockRequest } from './kernel/payer.ts';
import { createRoot } from './pki/authority.ts';
import type { Shape } from './shapes/shape.ts';
import type { TlsSetting } from './tls/index.ts';

/**
 * The embedded payer on https under a private authority, with a second listener on plain http. The authority's certificate lies in a temporary file
 * that the target file names, as an operator would do it. Injecting a defect also changes how the listeners behave.
 */
export async function startSecureEmbedded(options: { readonly shape?: Shape } = {}): Promise<Embedded> {
  const root = await createRoot('payer-assay-tls');
  const stranger = await createRoot('payer-assay-stranger');
  const ips = ['127.0.0.1'];
  const certificates = {
    good: await root.issue({ name: 'payer', dns: ['localhost'], ips }),
    expired: await root.issue({ name: 'payer-expired', ips, notBefore: -20, notAfter: -1 }),
    wrongName: await root.issue({ name: 'payer-elsewhere', dns: ['elsewhere.example.org'] }),
    stranger: await stranger.issue({ name: 'payer-stranger', ips }),
  };
  const contextOf = ({ certificate = 'good', ...versions }: TlsSetting) => ({
    cert: certificates[certificate].chain,
    key: certificates[certificate].key,
    minVersion: 'TLSv1.2' as const,
    ...versions,
    // OpenSSL speaks its old versions only when the security level is lowered.
    ...(versions.minVersion === 'TLSv1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
  });
  const running = await startEmbedded({ tls: contextOf({}), ...options });
  const { payer } = running;
  const server = running.server as HttpsServer;

  const plain = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const request: MockRequest = {
      method: incoming.method ?? 'GET',
      url: url.href,
      path: url.pathname,
      query: url.searchParams,
      headers: {},
      params: {},
      body: '',
    };
    const reply = await payer.state.rules.plainHttpReply(request, payer.state);
    outgoing.writeHead(reply.status, reply.headers).end(reply.body);
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const plainHttpPort = (plain.address() as AddressInfo).port;
  // The port is free again, so that knocking there is refused.
  if (options.shape?.https === 'closed') await new Promise((resolve) => plain.close(resolve));
  const folder = await mkdtemp(join(tmpdir(), 'payer-assay-'));
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, root.certificate);

  return {
    ...running,
    target: { ...running.target, name: 'embedded payer on https', tls: { ca, plainHttpPort } },
    payer: {
      ...payer,
      get state() {
        return payer.state;
      },
      inject(...faults) {
        payer.inject(...faults);
        server.setSecureContext(contextOf(payer.state.rules.tlsSetting()));
        // Old connections would go on under the old certificate.
        server.closeIdleConnections();
      },
    },
    async close() {
      if (plain.listening) plain.close();
      plain.closeAllConnections();
      await running.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
