import { createRoot } from './pki/authority.ts';

/** PEM text for an https payer: a throw-away authority and a server certificate for loopback (and the host of its public URL). */
export async function serverCertificate(publicUrl?: string): Promise<{ readonly ca: string; readonly cert: string; readonly key: string }> {
  const root = await createRoot('payer-assay-mock');
  const dns = ['localhost', ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])];
  const leaf = await root.issue({ name: 'payer', dns, ips: ['127.0.0.1'] });
  return { ca: root.certificate, cert: leaf.chain, key: leaf.key };
}
