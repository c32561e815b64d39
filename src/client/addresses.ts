import { lookup as systemLookup } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Addresses that name this machine's surroundings rather than a server: link-local ones, and where clouds keep the secrets of a machine. */
const inner = new BlockList();
inner.addSubnet('169.254.0.0', 16, 'ipv4');
inner.addAddress('100.100.100.200', 'ipv4');
inner.addAddress('192.0.0.192', 'ipv4');
inner.addSubnet('fe80::', 10, 'ipv6');
inner.addAddress('fd00:ec2::254', 'ipv6');
inner.addAddress('fd20:ce::254', 'ipv6');
const innerNames = /^(metadata|metadata\.google\.internal|instance-data(\.ec2\.internal)?)\.?$/i;

const isInner = (address: string): boolean => inner.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Names that were looked up, with their addresses. */
export type Resolved = Map<string, Promise<readonly string[]>>;

/** Does this host name or address lead to link-local or metadata addresses? `resolved` keeps what was looked up. */
export async function leadsInside(host: string, resolved: Resolved = new Map()): Promise<boolean> {
  if (innerNames.test(host)) return true;
  if (isIP(host)) return isInner(host);
  const known =
    resolved.get(host) ??
    lookup(host, { all: true }).then(
      (all) => all.map(({ address }) => address),
      () => [],
    );
  resolved.set(host, known);
  return (await known).some(isInner);
}

/** Code of the error when a name leads to such an address at the moment of connecting. */
export const innerCode = 'ERR_INNER_ADDRESS';

/**
 * The look-up that a connection itself uses: a name that led elsewhere when it was first looked at, and leads inside now (DNS rebinding), connects nowhere.
 * Hosts in `own` may live there. `resolve` is the system's own look-up.
 */
export const guardedLookup =
  (own: ReadonlySet<string | undefined>, resolve: typeof systemLookup = systemLookup): LookupFunction =>
  (host, options, done) =>
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      if (!own.has(host) && found.some(({ address }) => isInner(address)))
        return done(
          Object.assign(new Error(`${host} leads to a link-local or metadata address, and the payer does not live there`), { code: innerCode }),
          '',
          0,
        );
      if (options.all) return done(null, found);
      const [first] = found;
      return done(null, first?.address ?? '', first?.family ?? 0);
    });

export const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined;
