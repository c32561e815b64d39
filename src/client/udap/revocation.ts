import 'reflect-metadata';
import { CRLDistributionPointsExtension, type X509Certificate, X509Crl } from '@peculiar/x509';
import type { FetchBytes } from './fetch-bytes.ts';

/** `none` = no certificate names a CRL. */
export interface Revocation {
  readonly status: 'good' | 'revoked' | 'unreachable' | 'none';
  readonly reason: string;
}

/** Looks every certificate of a verified path (leaf to anchor) up in the CRL that it names. Never throws. */
export async function revocationOf(path: readonly X509Certificate[], fetch: FetchBytes, now: Date): Promise<Revocation> {
  let worst: Revocation = { status: 'none', reason: 'no certificate names a CRL' };
  for (const [index, certificate] of path.entries()) {
    const issuer = path[index + 1];
    const url = issuer && crlUrl(certificate);
    if (!issuer || url === undefined) continue;
    const found = await lookUp(certificate, issuer, url, fetch, now);
    if (found.status === 'revoked') return found;
    if (worst.status !== 'unreachable') worst = found;
  }
  return worst;
}

/** The first http address of a certificate's CRL. */
export function crlUrl(certificate: X509Certificate): string | undefined {
  const points = certificate.getExtension(CRLDistributionPointsExtension)?.distributionPoints ?? [];
  return points
    .flatMap((point) => point.distributionPoint?.fullName ?? [])
    .map((name) => name.uniformResourceIdentifier)
    .find((each) => each !== undefined && /^https?:/i.test(each));
}

async function lookUp(certificate: X509Certificate, issuer: X509Certificate, url: string, fetch: FetchBytes, now: Date): Promise<Revocation> {
  const unreachable = (why: string): Revocation => ({
    status: 'unreachable',
    reason: `revocation of ${certificate.subject} cannot be checked: ${why}`,
  });
  let crl: X509Crl;
  try {
    crl = new X509Crl(await fetch(url));
  } catch (cause) {
    return unreachable((cause as Error).message);
  }
  if (!(await crl.verify({ publicKey: issuer }).catch(() => false))) return unreachable(`the CRL at ${url} is not signed by ${issuer.subject}`);
  if (crl.nextUpdate && crl.nextUpdate < now) return unreachable(`the CRL at ${url} is out of date since ${crl.nextUpdate.toISOString()}`);
  const entry = crl.findRevoked(certificate);
  return entry
    ? { status: 'revoked', reason: `the certificate of ${certificate.subject} was revoked on ${entry.revocationDate.toISOString()} (CRL ${url})` }
    : { status: 'good', reason: `not listed in ${url}` };
}
