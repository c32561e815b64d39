import { type Authority, createRoot, type Leaf, type LeafSpec } from './authority.ts';
import type { KeyKind } from './keys.ts';

/** A trust community's certificates: a root, one intermediate and the leaves it issues. */
export interface Pki {
  readonly root: Authority;
  readonly intermediate: Authority;
  issue(leaf: LeafSpec): Promise<Leaf>;
  /** A TLS server certificate for loopback. */
  server(kind?: KeyKind): Promise<Leaf>;
  /** Signed by nobody but itself. */
  selfSigned(leaf: LeafSpec): Promise<Leaf>;
}

export interface PkiOptions {
  /** Names its authorities, and so the CRL files: `<community>-root.crl`, `<community>-ca.crl`. */
  readonly community?: string;
  readonly kind?: KeyKind;
  /** Base URL under which CRLs and CA certificates are served, e.g. http://127.0.0.1:4711/pki; absent = certificates name none. */
  readonly publishedAt?: string;
}

const made = new Map<string, Promise<Pki>>();

/** The PKI of a community, made on first use and kept for the process, so that equal options give the same certificates. */
export function createPki({ community = 'alpha', kind = 'ec', publishedAt }: PkiOptions = {}): Promise<Pki> {
  const id = `${community} ${kind} ${publishedAt ?? ''}`;
  const known = made.get(id);
  if (known) return known;
  const fresh = build(community, kind, publishedAt);
  made.set(id, fresh);
  return fresh;
}

async function build(community: string, kind: KeyKind, publishedAt: string | undefined): Promise<Pki> {
  const root = await createRoot(`${community}-root`, kind, publishedAt);
  const intermediate = await root.intermediate(`${community}-ca`, kind);
  return {
    root,
    intermediate,
    issue: (leaf) => intermediate.issue(leaf),
    server: (serverKind = 'ec') => intermediate.issue({ name: 'localhost', dns: ['localhost'], ips: ['127.0.0.1'], kind: serverKind }),
    async selfSigned(leaf) {
      const own = await createRoot(leaf.name, leaf.kind ?? 'ec');
      const issued = await own.issue(leaf);
      // Same name and key on both sides: the leaf itself is the whole chain.
      return { ...issued, chain: issued.certificate, x5c: issued.x5c.slice(0, 1) };
    },
  };
}

/** Every way in which a client certificate can be wrong, as the mutation series needs it. */
export const certificateVariants = {
  good: {},
  expired: { notBefore: -60, notAfter: -1 },
  notYetValid: { notBefore: 30, notAfter: 365 },
  revoked: { revoked: true },
  weakKey: { kind: 'weak' },
  noUri: { uris: [] },
} as const satisfies Readonly<Record<string, Partial<LeafSpec>>>;
export type CertificateVariant = keyof typeof certificateVariants;
