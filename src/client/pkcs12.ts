import { createPrivateKey, X509Certificate } from 'node:crypto';
import forge from 'node-forge';

/** What a PKCS#12 file holds, as PEM text. */
export interface Pkcs12 {
  /** PKCS#8. */
  readonly key: string;
  /** The key's own certificate first. */
  readonly certificates: readonly string[];
}

const { oids } = forge.pki;

/**
 * Opens a PKCS#12 file (RFC 7292), RSA or EC, with modern (PBES2) or old encryption.
 * Throws, naming the file and the fix, when the password is wrong, the file is damaged, or a key or certificate is missing.
 */
export function readPkcs12(bytes: Uint8Array, passphrase: string, where: string): Pkcs12 {
  const file = open(bytes, passphrase, where);
  const bags = file.safeContents.flatMap((content) => content.safeBags);
  const keyBag = bags.find((bag) => bag.type === oids['pkcs8ShroudedKeyBag'] || bag.type === oids['keyBag']);
  if (!keyBag) throw new Error(`${where} holds no private key. Export it again with the key included (openssl pkcs12 -export -inkey ...).`);
  const key = createPrivateKey({ key: der(keyAsn1(keyBag)), format: 'der', type: 'pkcs8' });
  const certificates = bags
    .filter((bag) => bag.type === oids['certBag'])
    .map((bag) => new X509Certificate(der(bag.cert ? forge.pki.certificateToAsn1(bag.cert) : certificateAsn1(bag))));
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (!leaf) throw new Error(`${where} holds no certificate for its private key. Export it again with the certificate included.`);
  const pem = [leaf, ...certificates.filter((each) => each !== leaf)].map((each) => each.toString());
  return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificates: pem };
}

function open(bytes: Uint8Array, passphrase: string, where: string): forge.pkcs12.Pkcs12Pfx {
  let asn1: forge.asn1.Asn1;
  try {
    asn1 = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(bytes).toString('binary')));
  } catch (cause) {
    throw new Error(
      `${where} is not a PKCS#12 file (${(cause as Error).message}). If it holds PEM text, name it as "certificates" and "key" instead.`,
      { cause },
    );
  }
  try {
    return forge.pkcs12.pkcs12FromAsn1(asn1, false, passphrase);
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(
      /password|MAC|decrypt/i.test(message)
        ? `${where} cannot be opened: the password is wrong. Check the secret that "passphrase" names.`
        : `${where} cannot be read as PKCS#12 (${message}). Export it again with openssl pkcs12 -export.`,
      { cause },
    );
  }
}

/** forge parses RSA only; for other keys and certificates it leaves the ASN.1 as it stood. */
interface RawBag extends forge.pkcs12.Bag {
  readonly asn1: forge.asn1.Asn1;
}

const keyAsn1 = (bag: forge.pkcs12.Bag): forge.asn1.Asn1 =>
  bag.key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)) : (bag as RawBag).asn1;
const certificateAsn1 = (bag: forge.pkcs12.Bag): forge.asn1.Asn1 => (bag as RawBag).asn1;
const der = (asn1: forge.asn1.Asn1): Buffer => Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
