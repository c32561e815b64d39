import { createRoot } from '../pki/authority.ts';
import type { TlsKind } from './case.ts';

/** Certificates of the listeners that cases about TLS live at, made anew for each start. */
export interface TlsParts {
  readonly cert: string;
  readonly key: string;
  readonly minVersion?: 'TLSv1.1';
  readonly maxVersion?: 'TLSv1.1';
  readonly ciphers?: string;
}

/** `authority`: PEM of the one that the client is told to trust. */
export interface TlsMaker {
  readonly authority: string;
  partsFor(kind: TlsKind): Promise<TlsParts>;
}

const day = { name: 'payer', dns: ['localhost'], ips: ['127.0.0.1'] } as const;

export async function tlsMaker(): Promise<TlsMaker> {
  const [trusted, stranger, own] = await Promise.all([createRoot('scripted-payers'), createRoot('nobody-knows'), createRoot('payer')]);
  const issued = async (from: typeof trusted, more: object = {}): Promise<TlsParts> => {
    const leaf = await from.issue({ ...day, ...more });
    return { cert: leaf.chain, key: leaf.key };
  };
  return {
    authority: trusted.certificate,
    async partsFor(kind) {
      if (kind === 'expired') return issued(trusted, { name: 'payer-old', notBefore: -20, notAfter: -1 });
      if (kind === 'unknown-ca') return issued(stranger);
      // Its own authority, sent along: nobody else vouches for it.
      if (kind === 'self-signed') return issued(own, { name: 'payer-self' });
      if (kind === 'wrong-host') return issued(trusted, { name: 'payer-elsewhere', dns: ['another-payer.example.org'], ips: [] });
      const good = await issued(trusted);
      return kind === 'tls-1.1' ? { ...good, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } : good;
    },
  };
}
