import type { Route } from '../kernel/payer.ts';
import { createPki } from './pki.ts';

/** Communities whose authorities publish here. */
export const communities = ['alpha', 'beta'] as const;

/** Where a payer publishes CRLs and CA certificates. */
export const publishedAt = (origin: string): string => `${origin}/pki`;

/** Serves `<authority>.crl` (RFC 5280) and `<authority>.cer` over plain http. */
export const pkiRoutes: readonly Route[] = [
  {
    step: 'crl',
    method: 'GET',
    path: '/pki/:file',
    async handle(request, payer) {
      const [name = '', kind] = (request.params['file'] ?? '').split('.');
      for (const community of communities) {
        const pki = await createPki({ community, publishedAt: publishedAt(payer.origin) });
        const authority = [pki.root, pki.intermediate].find((each) => each.name === name);
        if (authority && kind === 'crl') return binary('application/pkix-crl', await authority.crl());
        if (authority && kind === 'cer') return binary('application/pkix-cert', authority.der);
      }
      return { status: 404, headers: { 'content-type': 'text/plain' }, body: `No authority here is called ${name}.` };
    },
  },
];

const binary = (type: string, bytes: Uint8Array) => ({
  status: 200,
  headers: { 'content-type': type, 'cache-control': 'max-age=60' },
  body: '',
  stream: new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  }),
});
