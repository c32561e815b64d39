import { createServer, type Socket } from 'node:net';
import { serverCertificate } from '../../mocks/certificate.ts';
import { createRoot, type LeafSpec } from '../../mocks/pki/authority.ts';
import { type Case, read, tokensSince } from './played.ts';
import { lost, slug } from './servers.ts';
import { openStage, payerAssay } from './stage.ts';

const args = ['--only', 'rest.read,cc2.token.response'];
const loopback: LeafSpec = { name: 'payer', dns: ['localhost'], ips: ['127.0.0.1'] };

/** Certificates with which nobody may talk to this payer: a run learns nothing, and fails nobody. */
const wrong: Readonly<Record<string, { readonly leaf: LeafSpec; readonly ofOurs: boolean }>> = {
  'shows a certificate of an authority that nobody knows': { leaf: loopback, ofOurs: false },
  'shows a certificate that has expired': { leaf: { ...loopback, notBefore: -20, notAfter: -1 }, ofOurs: true },
  'shows a certificate that is not valid yet': { leaf: { ...loopback, notBefore: 5, notAfter: 20 }, ofOurs: true },
  'shows a certificate of another name': { leaf: { name: 'payer', dns: ['payer.example'] }, ofOurs: true },
};

/** What is no TLS, where TLS was wanted. */
const handshakes: Readonly<Record<string, (socket: Socket) => void>> = {
  'hangs up in the handshake': (socket) => void socket.once('data', () => socket.destroy()),
  'answers in plain HTTP': (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n')),
  'answers with garbage': (socket) => void socket.once('data', () => socket.end(Buffer.alloc(4096, 0x16))),
  'answers with an alert': (socket) => void socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 40]))),
};

export const certificates: readonly Case[] = [
  ...Object.entries(wrong).map(
    ([title, { leaf, ofOurs }]): Case => ({
      ...{ id: `tls.certificate.${slug(title)}`, kind: 'certificate', title, within: 120 },
      async play(_, within) {
        const [ours, other] = await Promise.all([createRoot('ours'), createRoot('other')]);
        const made = await (ofOurs ? ours : other).issue(leaf);
        const stage = await openStage({ material: { ca: ours.certificate, cert: made.chain, key: made.key } });
        try {
          const { file, out } = stage.place();
          const end = await payerAssay(['run', '--target', file, '--out', out, ...args], { within });
          return read(out, end, tokensSince(stage, 0), stage, lost);
        } finally {
          await stage.close();
        }
      },
    }),
  ),
  {
    ...{ id: 'tls.certificate.changes', kind: 'certificate', title: 'changes its authority in the middle of a run', within: 120 },
    async play(_, within) {
      const [first, second] = await Promise.all([serverCertificate(), serverCertificate()]);
      const stage = await openStage({ material: first });
      try {
        const { file, out } = stage.place();
        stage.proxy.act((turn) => {
          if (turn.nth === 12) stage.proxy.show(second);
          return turn.answer();
        });
        const end = await payerAssay(['run', '--target', file, '--out', out, ...args], { within });
        return read(out, end, tokensSince(stage, 0), stage, lost);
      } finally {
        await stage.close();
      }
    },
  },
  ...Object.entries(handshakes).map(
    ([title, act]): Case => ({
      ...{ id: `tls.handshake.${slug(title)}`, kind: 'handshake', title, within: 120 },
      async play(stage, within) {
        const server = createServer((socket) => act(socket.on('error', () => undefined)));
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const base = `https://127.0.0.1:${(server.address() as { port: number }).port}/fhir`;
        try {
          const { file, out } = stage.place({ fhir: { base } });
          const from = stage.proxy.heard.length;
          const end = await payerAssay(['run', '--target', file, '--out', out, ...args], { within });
          return read(out, end, tokensSince(stage, from), stage, lost);
        } finally {
          server.close();
        }
      },
    }),
  ),
];
