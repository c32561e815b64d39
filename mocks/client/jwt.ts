import { X509Certificate } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK } from 'jose';
import { asString, at, parseJson } from '../../src/core/fhir.ts';
import type { Facts, Json } from '../../src/core/model.ts';
import type { RegisteredClient } from '../kernel/payer.ts';

type Clients = ReadonlyMap<string, RegisteredClient>;

/** The JWT in a token form or a bearer header, decoded, and whether a registered key of its issuer verifies it. Undefined where there is none. */
export async function jwtFacts(
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  clients: Clients,
  anchors: readonly string[] = [],
): Promise<Facts['heard.jwt'] | undefined> {
  const form = /x-www-form-urlencoded/i.test(headers['content-type'] ?? '') ? new URLSearchParams(body).get('client_assertion') : null;
  const statement = /json/i.test(headers['content-type'] ?? '') ? asString(at(parseJson(body), 'software_statement')) : undefined;
  const text = form ?? statement ?? /^bearer (eyJ\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
  if (text === undefined) return undefined;
  try {
    const header = decodeProtectedHeader(text);
    const claims = decodeJwt(text);
    const certified = certificatesIn(header, anchors);
    if (certified !== undefined)
      return {
        header: header as unknown as Json,
        claims: claims as unknown as Json,
        verified: await verifiesWith(text, String(header.alg), certified.leaf),
        keys: 1,
        x5c: certified.x5c,
      };
    const client = clients.get(String(claims.iss)) ?? [...clients.values()].find(({ issuer }) => issuer === claims.iss);
    // Where the plan names no issuer for a client, it may be anybody's.
    const owners = client === undefined ? [...clients.values()].filter(({ issuer }) => issuer === undefined) : [client];
    const keys = owners.flatMap(({ jwks }) => jwks.keys).filter((key) => at(key, 'kid') === header.kid);
    return {
      header: header as unknown as Json,
      claims: claims as unknown as Json,
      verified: await verifies(text, String(header.alg), keys),
      keys: keys.length,
    };
  } catch {
    return { header: {}, claims: {}, verified: false, keys: 0 };
  }
}

/** Certificates of the header: what the first names, and whether each is certified by the next. Undefined where there are none, or none that can be read. */
function certificatesIn({ x5c }: { readonly x5c?: readonly string[] }, anchors: readonly string[]) {
  try {
    const chain = (x5c ?? []).map((each) => new X509Certificate(Buffer.from(each, 'base64')));
    const [leaf] = chain;
    if (leaf === undefined) return undefined;
    const uris = (leaf.subjectAltName ?? '').split(', ').flatMap((name) => (name.startsWith('URI:') ? [name.slice(4)] : []));
    const chained = chain.slice(1).every((issuer, nth) => chain[nth]?.verify(issuer.publicKey) === true);
    const anchored = isAnchored(chain.at(-1) ?? leaf, anchors);
    return { leaf, x5c: { uris, chained, ...(anchored === undefined ? {} : { anchored }) } };
  } catch {
    return undefined;
  }
}

/** Undefined where no anchors are known, or the last certificate says where its issuer is to be found. */
function isAnchored(last: X509Certificate, anchors: readonly string[]): boolean | undefined {
  const roots = anchors
    .flatMap((pem) => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
    .map((pem) => new X509Certificate(pem));
  if (roots.length === 0) return undefined;
  if (roots.some((root) => root.fingerprint256 === last.fingerprint256 || last.verify(root.publicKey))) return true;
  return /CA Issuers/i.test(last.infoAccess ?? '') ? undefined : false;
}

const verifiesWith = (text: string, alg: string, { publicKey }: X509Certificate): Promise<boolean> =>
  compactVerify(text, publicKey, { algorithms: [alg] }).then(
    () => true,
    () => false,
  );

async function verifies(text: string, alg: string, keys: RegisteredClient['jwks']['keys']): Promise<boolean> {
  for (const key of keys) {
    try {
      await compactVerify(text, await importJWK(key as unknown as Parameters<typeof importJWK>[0], alg));
      return true;
    } catch {
      // The next one may.
    }
  }
  return false;
}
