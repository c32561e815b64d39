import 'reflect-metadata';
import { createPublicKey, type KeyObject, X509Certificate as NodeCertificate, randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { stranger } from '../assertion.ts';
import type { UdapSigner } from './credentials.ts';

export type Impostor = 'otherCa' | 'selfSigned' | 'mixedChain';
export const isImpostor = (name: string): name is Impostor => ['otherCa', 'selfSigned', 'mixedChain'].includes(name);

/**
 * Our client under a certificate that no trust community issued: `otherCa` comes from an authority of our own making, `selfSigned` from itself, and
 * `mixedChain` puts a self-signed one with the real chain behind it, for servers that look for trust anywhere in x5c.
 * Subject and URI stay those of the real certificate, and the key too except in a mixed chain, so that the missing trust is the only thing wrong.
 */
export async function impostorOf(signer: UdapSigner, kind: Impostor): Promise<UdapSigner> {
  const real = new X509Certificate(signer.leaf.raw);
  // Behind a real chain only a foreign key is an attack: with ours, a server that sorts x5c would rightly find the real leaf.
  const key = kind === 'mixedChain' ? stranger(signer.alg) : signer.key;
  const own = await importKeys(key);
  const algorithm = { name: own.privateKey.algorithm.name, hash: 'SHA-256' };
  const ca = kind === 'otherCa' ? await ownAuthority() : own;
  const issuer = kind === 'otherCa' ? 'CN=Untrusted Root, O=payer-assay' : real.subject;
  const leaf = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: real.subject,
    issuer,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 90 * 86_400_000),
    publicKey: own.publicKey,
    signingKey: ca.privateKey,
    signingAlgorithm: kind === 'otherCa' ? { name: 'ECDSA', hash: 'SHA-256' } : algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new SubjectAlternativeNameExtension([{ type: 'url', value: signer.uri }]),
    ],
  });
  const raw = Buffer.from(leaf.rawData);
  return { ...signer, key, leaf: new NodeCertificate(raw), x5c: [raw.toString('base64'), ...(kind === 'mixedChain' ? signer.x5c : [])] };
}

async function importKeys(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384' }[key.asymmetricKeyDetails?.namedCurve ?? ''];
  const algorithm = curve === undefined ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'ECDSA', namedCurve: curve };
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
}

const ownAuthority = () => webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const serial = () => `4${randomBytes(9).toString('hex').slice(1)}`;
