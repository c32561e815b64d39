import { createPrivateKey } from 'node:crypto';
import type { SecretSource } from '../client/identity.ts';
import { readPkcs12 } from '../client/pkcs12.ts';
import { tlsOptionsOf } from '../client/tls-options.ts';
import type { Target } from '../core/model.ts';

/**
 * The client certificate that the target file names, for k6: PEM text, by environment, the key opened because k6 knows no password. Empty when none is
 * named; throws as `tlsOptionsOf` does.
 */
export function clientCertificate(target: Target, secrets: SecretSource): NodeJS.ProcessEnv {
  const { cert, key, pfx, passphrase } = tlsOptionsOf(target, secrets);
  if (pfx !== undefined) {
    const opened = readPkcs12(Buffer.from(pfx), passphrase ?? '', 'tls.pfx');
    return named(opened.certificates.join('\n'), opened.key);
  }
  if (cert === undefined || key === undefined) return {};
  const plain = createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  return named(String(cert), plain.export({ type: 'pkcs8', format: 'pem' }).toString());
}

const named = (certificate: string, key: string): NodeJS.ProcessEnv => ({ ASSAY_LOAD_TLS_CERT: certificate, ASSAY_LOAD_TLS_KEY: key });
