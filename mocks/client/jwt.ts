import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK } from 'jose';
import { at } from '../../src/core/fhir.ts';
import type { Facts, Json } from '../../src/core/model.ts';
import type { RegisteredClient } from '../kernel/payer.ts';

type Clients = ReadonlyMap<string, RegisteredClient>;

/** The JWT in a token form or a bearer header, decoded, and whether a registered key of its issuer verifies it. Undefined where there is none. */
export async function jwtFacts(
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  clients: Clients,
): Promise<Facts['heard.jwt'] | undefined> {
  const form = /x-www-form-urlencoded/i.test(headers['content-type'] ?? '') ? new URLSearchParams(body).get('client_assertion') : null;
  const text = form ?? /^bearer (eyJ\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
  if (text === undefined) return undefined;
  try {
    const header = decodeProtectedHeader(text);
    const claims = decodeJwt(text);
    const client = clients.get(String(claims.iss)) ?? [...clients.values()].find(({ issuer }) => issuer === claims.iss);
    const keys = (client?.jwks.keys ?? []).filter((key) => at(key, 'kid') === header.kid);
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
