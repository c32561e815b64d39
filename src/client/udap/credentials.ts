import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { UdapCredential } from '../../core/udap.ts';
import { type SecretSource, secretOf } from '../identity.ts';
import { readPkcs12 } from '../pkcs12.ts';

export type UdapAlgorithm = 'RS256' | 'RS384' | 'ES256' | 'ES384';

/** A UDAP client, ready to sign. */
export interface UdapSigner {
  readonly key: KeyObject;
  readonly leaf: X509Certificate;
  /** Base64 DER, leaf first. */
  readonly x5c: readonly string[];
  /** The URI of the Subject Alternative Name that names the client; '' when the leaf has none. */
  readonly uri: string;
  readonly alg: UdapAlgorithm;
}

/**
 * Loads certificates and key. Throws before any request is sent, naming the file and the fix, for malformed PEM, a wrong PKCS#12
 * password, and a key that does not fit. `where` is the place in the target file, e.g. `udap.client`.
 */
export function loadCredential(credential: UdapCredential, where: string, source: SecretSource): UdapSigner {
  const { certificates: pem, key: keyText } =
    credential.pkcs12 === undefined ? fromPem(credential, where, source) : fromPkcs12(credential, where, source);
  const certificates = certificatesIn(pem, `${where}.${credential.pkcs12 === undefined ? 'certificates' : 'pkcs12'}`);
  const key = privateKey(keyText, `${where}.key`);
  const leaf = certificates.find((each) => each.checkPrivateKey(key));
  if (!leaf)
    throw new Error(
      `${where}: the private key does not belong to the certificate of ${oneLine(certificates[0]?.subject)}. Give the key that the certificate was requested with.`,
    );
  const ordered = [leaf, ...certificates.filter((each) => each !== leaf)];
  return {
    key,
    leaf,
    x5c: ordered.map((each) => each.raw.toString('base64')),
    uri: uriOf(leaf, credential.uri, where),
    alg: algorithmFor(key, where),
  };
}

/** Throws when a certificate that must work is outside its validity now. */
export function assertCurrent({ leaf }: UdapSigner, where: string, now = new Date()): void {
  if (leaf.validToDate < now)
    throw new Error(`${where}: the certificate of ${oneLine(leaf.subject)} expired on ${leaf.validTo}. Ask the trust community for a new one.`);
  if (leaf.validFromDate > now)
    throw new Error(
      `${where}: the certificate of ${oneLine(leaf.subject)} is valid only from ${leaf.validFrom}. Check this machine's clock, or wait.`,
    );
}

/** Certificates in PEM text or in the file that it names. */
export function certificatesIn(pemOrPath: string, where: string): readonly X509Certificate[] {
  const text = textOf(pemOrPath, where);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw new Error(
      `${where}: no certificate found in ${nameOf(pemOrPath)}. Expected PEM text with "-----BEGIN CERTIFICATE-----"; convert DER with openssl x509 -inform der.`,
    );
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new Error(
        `${where}: certificate ${index + 1} in ${nameOf(pemOrPath)} is malformed (${(cause as Error).message}). Export it again as PEM.`,
        { cause },
      );
    }
  });
}

/** URIs of the Subject Alternative Name. Node prints the extension as text and quotes awkward values in JSON. */
export const sanUris = (certificate: X509Certificate): readonly string[] =>
  [...(certificate.subjectAltName ?? '').matchAll(/URI:("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, value = '']) =>
    value.startsWith('"') ? String(JSON.parse(value)) : value,
  );

function fromPem({ certificates, key }: UdapCredential, where: string, source: SecretSource) {
  if (certificates === undefined || key === undefined)
    throw new Error(`${where}: give "certificates" and "key" (PEM), or "pkcs12" with its "passphrase".`);
  return { certificates: textOf(certificates, `${where}.certificates`), key: secretOf(key, `${where}.key`, source) };
}

function fromPkcs12({ pkcs12 = '', passphrase }: UdapCredential, where: string, source: SecretSource) {
  const secret = passphrase === undefined ? '' : secretOf(passphrase, `${where}.passphrase`, source).trimEnd();
  const opened = readPkcs12(readBytes(pkcs12, `${where}.pkcs12`), secret, `${where}.pkcs12 (${pkcs12})`);
  return { certificates: opened.certificates.join(''), key: opened.key };
}

function privateKey(text: string, where: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const encrypted = text.includes('ENCRYPTED');
    throw new Error(
      encrypted
        ? `${where}: the private key is encrypted. Decrypt it (openssl pkey -in key.pem -out plain.pem) or give a PKCS#12 file with "passphrase".`
        : `${where}: the private key cannot be read (${(cause as Error).message}). Expected PEM text with "-----BEGIN PRIVATE KEY-----".`,
      { cause },
    );
  }
}

function uriOf(leaf: X509Certificate, wanted: string | undefined, where: string): string {
  const uris = sanUris(leaf);
  if (wanted !== undefined && uris.length > 0 && !uris.includes(wanted))
    throw new Error(`${where}.uri: ${wanted} is not in the certificate, which names ${uris.join(', ')}. Use one of these.`);
  return wanted ?? uris[0] ?? '';
}

function algorithmFor(key: KeyObject, where: string): UdapAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return 'ES256';
  if (curve === 'secp384r1') return 'ES384';
  throw new Error(
    `${where}: UDAP signs with RSA, P-256 or P-384 keys; this one is ${key.asymmetricKeyType} ${curve ?? ''}. Ask for another certificate.`,
  );
}

const isPem = (text: string): boolean => text.includes('-----BEGIN');
const nameOf = (pemOrPath: string): string => (isPem(pemOrPath) ? 'the text given' : pemOrPath);
const textOf = (pemOrPath: string, where: string): string => (isPem(pemOrPath) ? pemOrPath : readBytes(pemOrPath, where).toString('utf8'));
const oneLine = (subject = ''): string => subject.replaceAll('\n', ', ');

function readBytes(path: string, where: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`${where}: the file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}). Check the path and its permissions.`, {
      cause,
    });
  }
}
