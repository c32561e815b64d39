import 'reflect-metadata';
import { randomBytes, type webcrypto } from 'node:crypto';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';
import { type KeyKind, keyPair, pkcs8, signingAlgorithm } from './keys.ts';

const day = 86_400_000;

/** What a leaf shall say. Times are days from now. */
export interface LeafSpec {
  readonly name: string;
  readonly uris?: readonly string[];
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly kind?: KeyKind;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Listed in the authority's CRL. */
  readonly revoked?: boolean;
  /** Leave the CRL distribution point out. */
  readonly withoutCrl?: boolean;
}

/** A certificate with its key, as PEM text. */
export interface Leaf {
  readonly certificate: string;
  /** Leaf first, then the intermediates; the root is left out. */
  readonly chain: string;
  /** PKCS#8. */
  readonly key: string;
  /** Base64 DER, leaf first, for a JOSE header. */
  readonly x5c: readonly string[];
}

/** Someone who signs certificates. */
export interface Authority {
  readonly name: string;
  readonly certificate: string;
  issue(leaf: LeafSpec): Promise<Leaf>;
  /** An authority below this one. */
  intermediate(name: string, kind?: KeyKind): Promise<Authority>;
  /** Serial numbers, lower-case hex, of the certificates issued as revoked so far. */
  readonly revoked: readonly string[];
  /** DER; lists the revoked. */
  crl(): Promise<Uint8Array>;
  readonly der: Uint8Array;
}

interface Parent {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
  /** Where this parent publishes its CRL and its certificate. */
  readonly points: readonly Extension[];
}

const serial = () => `4${randomBytes(9).toString('hex').slice(1)}`;
const pemOf = (certificate: X509Certificate): string => `${certificate.toString('pem')}\n`;

/** A new root. `publishedAt` = base URL of its CRL and certificate, e.g. http://127.0.0.1:4711/pki; absent = none is named. */
export async function createRoot(name: string, kind: KeyKind = 'ec', publishedAt?: string): Promise<Authority> {
  const keys = await keyPair(name, kind);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${name}, O=Payer Assay Test PKI`,
    notBefore: new Date(Date.now() - 30 * day),
    notAfter: new Date(Date.now() + 3650 * day),
    keys,
    signingAlgorithm: signingAlgorithm(keys.privateKey),
    extensions: [...(await caExtensions(keys.publicKey))],
  });
  return authority(name, certificate, keys.privateKey, [], publishedAt);
}

function authority(
  name: string,
  certificate: X509Certificate,
  key: webcrypto.CryptoKey,
  above: readonly X509Certificate[],
  publishedAt: string | undefined,
): Authority {
  const revoked: string[] = [];
  const parent: Parent = { certificate, key, points: publishedAt === undefined ? [] : pointsOf(`${publishedAt}/${name}`) };
  const chain = [certificate, ...above].filter((each) => each.subject !== each.issuer);
  return {
    name,
    revoked,
    certificate: pemOf(certificate),
    der: new Uint8Array(certificate.rawData),
    async issue(spec) {
      const keys = await keyPair(spec.name, spec.kind ?? 'ec');
      const leaf = await issueLeaf(parent, spec, keys.publicKey);
      if (spec.revoked) revoked.push(leaf.serialNumber);
      const all = [leaf, ...chain];
      return {
        certificate: pemOf(leaf),
        chain: all.map(pemOf).join(''),
        key: await pkcs8(keys.privateKey),
        x5c: all.map((each) => Buffer.from(each.rawData).toString('base64')),
      };
    },
    async intermediate(child, kind = 'ec') {
      const keys = await keyPair(child, kind);
      const issued = await X509CertificateGenerator.create({
        serialNumber: serial(),
        subject: `CN=${child}, O=Payer Assay Test PKI`,
        issuer: certificate.subjectName,
        notBefore: new Date(Date.now() - 30 * day),
        notAfter: new Date(Date.now() + 1825 * day),
        publicKey: keys.publicKey,
        signingKey: key,
        signingAlgorithm: signingAlgorithm(key),
        extensions: [
          ...(await caExtensions(keys.publicKey, 0)),
          await AuthorityKeyIdentifierExtension.create(certificate.publicKey),
          ...parent.points,
        ],
      });
      return authority(child, issued, keys.privateKey, chain, publishedAt);
    },
    async crl() {
      const list = await X509CrlGenerator.create({
        issuer: certificate.subjectName,
        thisUpdate: new Date(Date.now() - day),
        nextUpdate: new Date(Date.now() + 7 * day),
        entries: revoked.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - day) })),
        signingAlgorithm: signingAlgorithm(key),
        signingKey: key,
      });
      return new Uint8Array(list.rawData);
    },
  };
}

async function issueLeaf(parent: Parent, spec: LeafSpec, publicKey: webcrypto.CryptoKey): Promise<X509Certificate> {
  const names: JsonGeneralNames = [
    ...(spec.uris ?? []).map((value) => ({ type: 'url' as const, value })),
    ...(spec.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(spec.ips ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  return X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${spec.name}, O=Payer Assay Test PKI`,
    issuer: parent.certificate.subjectName,
    notBefore: new Date(Date.now() + (spec.notBefore ?? -1) * day),
    notAfter: new Date(Date.now() + (spec.notAfter ?? 365) * day),
    publicKey,
    signingKey: parent.key,
    signingAlgorithm: signingAlgorithm(parent.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(parent.certificate.publicKey),
      ...(spec.withoutCrl ? [] : parent.points),
    ],
  });
}

const caExtensions = async (publicKey: webcrypto.CryptoKey, pathLength?: number): Promise<readonly Extension[]> => [
  new BasicConstraintsExtension(true, pathLength, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  await SubjectKeyIdentifierExtension.create(publicKey),
];

const pointsOf = (url: string): readonly Extension[] => [
  new CRLDistributionPointsExtension([`${url}.crl`]),
  new AuthorityInfoAccessExtension({ caIssuers: `${url}.cer` }),
];
