import 'reflect-metadata';
import { AuthorityInfoAccessExtension, BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Certificate } from '@peculiar/x509';
import type { FetchBytes } from './fetch-bytes.ts';
import { type Revocation, revocationOf } from './revocation.ts';

/** A trust community's roots. `name` is its URI, or `default`. */
export interface Anchors {
  readonly name: string;
  readonly roots: readonly X509Certificate[];
}

export type ChainStatus = 'trusted' | 'expired' | 'notYetValid' | 'revoked' | 'crlUnreachable' | 'broken' | 'unknownAnchor' | 'unreadable';

/** What came of following a chain. `reason` is a sentence for a security reader. */
export interface ChainResult {
  readonly status: ChainStatus;
  readonly reason: string;
  /** Communities whose anchor the chain leads to, whatever else is wrong. */
  readonly communities: readonly string[];
  readonly crl: Revocation['status'];
}

export interface ChainOptions {
  readonly anchors: readonly Anchors[];
  readonly fetch: FetchBytes;
  readonly now?: Date;
}

const maxDepth = 6;

/**
 * Follows x5c (base64 DER, leaf first) to a configured anchor: signatures, CA flags, path length, validity, then revocation of every
 * certificate that names a CRL. Missing intermediates are fetched from the address in the certificate. Never throws.
 * Source: https://www.rfc-editor.org/rfc/rfc5280#section-6
 */
export async function verifyChain(x5c: readonly string[], { anchors, fetch, now = new Date() }: ChainOptions): Promise<ChainResult> {
  const result = (status: ChainStatus, reason: string, communities: readonly string[] = [], crl: Revocation['status'] = 'none'): ChainResult => ({
    status,
    reason,
    communities,
    crl,
  });
  let certificates: readonly X509Certificate[];
  try {
    certificates = x5c.map((each) => new X509Certificate(each));
  } catch (cause) {
    return result('unreadable', `a certificate in x5c cannot be parsed: ${(cause as Error).message}`);
  }
  const [leaf, ...pool] = certificates;
  if (!leaf) return result('unreadable', 'x5c holds no certificate');
  const built = await buildPath(leaf, pool, anchors, fetch);
  if ('problem' in built) return result(built.status, built.problem);
  const { path, communities } = built;
  for (const each of path) {
    if (each.notAfter < now) return result('expired', `the certificate of ${each.subject} expired on ${each.notAfter.toISOString()}`, communities);
    if (each.notBefore > now)
      return result('notYetValid', `the certificate of ${each.subject} is valid only from ${each.notBefore.toISOString()}`, communities);
  }
  const revocation = await revocationOf(path, fetch, now);
  if (revocation.status === 'revoked') return result('revoked', revocation.reason, communities, 'revoked');
  if (revocation.status === 'unreachable') return result('crlUnreachable', revocation.reason, communities, 'unreachable');
  return result('trusted', `leads to the anchor of ${communities.join(', ')}`, communities, revocation.status);
}

type Built =
  | { readonly path: readonly X509Certificate[]; readonly communities: readonly string[] }
  | { readonly status: 'broken' | 'unknownAnchor'; readonly problem: string };

/** Leaf to anchor, both included. */
async function buildPath(leaf: X509Certificate, pool: readonly X509Certificate[], anchors: readonly Anchors[], fetch: FetchBytes): Promise<Built> {
  const path = [leaf];
  for (let here = leaf; path.length <= maxDepth; ) {
    const itself = anchors.filter(({ roots }) => roots.some((root) => root.equal(here)));
    if (itself.length > 0) return { path, communities: itself.map(({ name }) => name) };
    const issuers: { root: X509Certificate; name: string }[] = [];
    for (const { name, roots } of anchors) for (const root of roots) if (await issued(root, here)) issuers.push({ root, name });
    if (issuers[0]) {
      const problem = mayIssue(issuers[0].root, path.length - 1);
      return problem === undefined
        ? { path: [...path, issuers[0].root], communities: issuers.map(({ name }) => name) }
        : { status: 'broken', problem };
    }
    const named = pool.filter((each) => each.subject === here.issuer && !path.includes(each));
    const candidates = named.length > 0 ? named : await fetchedIssuers(here, fetch);
    let next: X509Certificate | undefined;
    for (const candidate of candidates) if (await issued(candidate, here)) next ??= candidate;
    if (!next) {
      return named.length > 0
        ? { status: 'broken', problem: `the certificate of ${here.subject} is not signed by the ${here.issuer} that is in x5c` }
        : { status: 'unknownAnchor', problem: `the chain ends at ${here.issuer}, which is no anchor of a configured trust community` };
    }
    const problem = mayIssue(next, path.length - 1);
    if (problem !== undefined) return { status: 'broken', problem };
    path.push(next);
    here = next;
  }
  return { status: 'broken', problem: `the chain is longer than ${maxDepth} certificates` };
}

async function issued(issuer: X509Certificate, subject: X509Certificate): Promise<boolean> {
  const same: boolean = issuer.equal(subject);
  if (same || issuer.subject !== subject.issuer) return false;
  return subject.verify({ publicKey: issuer, signatureOnly: true }).catch(() => false);
}

/** Why this certificate may not sign certificates; `below` counts the intermediates under it. */
function mayIssue(issuer: X509Certificate, below: number): string | undefined {
  const basic = issuer.getExtension(BasicConstraintsExtension);
  if (basic?.ca !== true) return `${issuer.subject} signs a certificate but is no certificate authority`;
  if (basic.pathLength !== undefined && below > basic.pathLength) return `${issuer.subject} may have only ${basic.pathLength} authorities below it`;
  const usage = issuer.getExtension(KeyUsagesExtension);
  if (usage && (usage.usages & KeyUsageFlags.keyCertSign) === 0) return `the key usage of ${issuer.subject} does not allow it to sign certificates`;
  return undefined;
}

/** Issuers from the Authority Information Access of a certificate; none when it names none or they are not available. */
async function fetchedIssuers(certificate: X509Certificate, fetch: FetchBytes): Promise<readonly X509Certificate[]> {
  const access = certificate.getExtension(AuthorityInfoAccessExtension);
  const url = access?.caIssuers.find(({ type }) => type === 'url')?.value;
  if (url === undefined) return [];
  try {
    return [new X509Certificate(await fetch(url))];
  } catch {
    return [];
  }
}
