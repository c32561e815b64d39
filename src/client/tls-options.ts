import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Target } from '../core/model.ts';
import { type SecretSource, secretOf } from './identity.ts';
import type { TlsOptions } from './tls-material.ts';

/**
 * Private authorities and the client certificate that a target file names, checked before the first request is sent.
 * Throws, naming the file and the fix, when something is missing, is no PEM, does not fit its key, or does not open with its password.
 */
export function tlsOptionsOf({ tls = {} }: Pick<Target, 'tls'>, source: SecretSource): TlsOptions {
  const ca = tls.ca === undefined ? undefined : certificates(tls.ca, 'tls.ca');
  const cert = tls.cert === undefined ? undefined : certificates(tls.cert, 'tls.cert');
  const key = tls.key === undefined ? undefined : secretOf(tls.key, 'tls.key', source);
  const passphrase = tls.passphrase === undefined ? undefined : secretOf(tls.passphrase, 'tls.passphrase', source).trim();
  const pfx = tls.pfx === undefined ? undefined : bytesOf(tls.pfx, 'tls.pfx');
  if (cert !== undefined || key !== undefined) fitting(cert, key, passphrase, tls.cert ?? 'tls.cert');
  if (pfx !== undefined) opening(pfx, passphrase, tls.pfx ?? 'tls.pfx');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(tls.relaxed === undefined ? {} : { rejectUnauthorized: !tls.relaxed }),
  };
}

function bytesOf(path: string, where: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`${where}: the file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}). Check the path and its permissions.`, {
      cause,
    });
  }
}

/** PEM text with at least one certificate, every one of which can be read. */
function certificates(path: string, where: string): string {
  const text = bytesOf(path, where).toString('utf8');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw new Error(
      `${where}: ${path} holds no PEM certificate. Expected text that starts with -----BEGIN CERTIFICATE-----; convert DER with "openssl x509 -inform der".`,
    );
  blocks.forEach((block, index) => {
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw new Error(
        `${where}: certificate ${index + 1} of ${blocks.length} in ${path} is damaged (${(cause as Error).message}). Export it again, and check it with "openssl x509 -in ${path} -noout".`,
        { cause },
      );
    }
  });
  return text;
}

function fitting(cert: string | undefined, key: string | undefined, passphrase: string | undefined, path: string): void {
  if (cert === undefined || key === undefined)
    throw new Error(
      `tls.cert and tls.key belong together, and only ${cert === undefined ? 'tls.key' : 'tls.cert'} is given. Name both, or a PKCS#12 file as tls.pfx.`,
    );
  let secret: ReturnType<typeof createPrivateKey>;
  try {
    secret = createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    throw new Error(
      `tls.key: the private key cannot be read (${(cause as Error).message}). Expected PKCS#8 PEM; if it is encrypted, name its password as tls.passphrase.`,
      {
        cause,
      },
    );
  }
  if (!new X509Certificate(cert).checkPrivateKey(secret))
    throw new Error(
      `tls.key does not belong to the first certificate in ${path}. Name the key that the certificate was issued for; the leaf must come first in the file.`,
    );
}

function opening(pfx: Buffer, passphrase: string | undefined, path: string): void {
  try {
    createSecureContext({ pfx, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(
      /mac verify|password|passphrase|bad decrypt/i.test(message)
        ? `tls.pfx: ${path} does not open with ${passphrase === undefined ? 'an empty password' : 'the password of tls.passphrase'}. Correct the password, and check it with "openssl pkcs12 -in ${path} -noout".`
        : `tls.pfx: ${path} is no PKCS#12 file that we can read (${message}). Files with old algorithms need to be exported again: openssl pkcs12 -export.`,
      { cause },
    );
  }
}
