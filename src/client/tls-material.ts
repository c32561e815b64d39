/** TLS material, read and checked: see tls-options.ts. */
export interface TlsOptions {
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** PKCS#12. */
  readonly pfx?: Buffer;
  readonly passphrase?: string;
  readonly rejectUnauthorized?: boolean;
  /** Of defects that prove judges of clients: certificates of other hosts are taken, or TLS 1.1 is spoken. */
  readonly careless?: 'host' | 'version';
  /** Nothing newer is spoken. */
  readonly newest?: 'TLSv1.2';
}

/** The same in the words of `node:tls`: the one place from which every connection of ours takes it. */
export function materialOf({ ca, cert, key, pfx, passphrase, rejectUnauthorized = true, careless, newest }: TlsOptions) {
  return {
    ...(ca === undefined ? {} : { ca: ca as string | string[] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    rejectUnauthorized,
    ...(newest === undefined ? {} : { maxVersion: newest }),
    ...(careless === 'host' ? { checkServerIdentity: () => undefined } : {}),
    ...(careless === 'version' ? { minVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
  };
}
