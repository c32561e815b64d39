import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { calculateJwkThumbprint, exportJWK } from 'jose';

/** Keys of packages: Ed25519, or EC on P-256 (ES256). They are named by their RFC 7638 thumbprint, and never taken from a package. */
export interface Key {
  readonly key: KeyObject;
  readonly alg: 'EdDSA' | 'ES256';
  /** RFC 7638 thumbprint, SHA-256, base64url. */
  readonly id: string;
  /** For people: `kid` of a JWK, or the name of the file. */
  readonly name: string;
}

const expected = 'Expected an Ed25519 or P-256 key: PEM, a certificate, a JWK, or a JWK set.';

/** The private key to sign with: a file, or `env:NAME` for the text of one. Throws, naming the place and the fix; never the key. */
export async function signingKey(where: string, environment: NodeJS.ProcessEnv = process.env): Promise<Key> {
  if (where.startsWith('pkcs11:'))
    throw new Error(`PKCS#11 (${where}) is not offered: no light library was found for it. Give --key a file, or env:NAME for an environment entry.`);
  const [, name] = /^env:(.+)$/.exec(where) ?? [];
  const text = name === undefined ? read(where) : environment[name];
  if (text === undefined || text.trim() === '')
    throw new Error(`The signing key ${where}: the environment has no entry ${name}. Set it to a PEM or JWK, or give --key a file.`);
  let key: KeyObject;
  try {
    key = text.trimStart().startsWith('{') ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' }) : createPrivateKey(text);
  } catch (cause) {
    throw new Error(`The signing key ${where} cannot be read as a private key. ${expected} Without a passphrase.`, { cause });
  }
  return named(key, where, name ?? basename(where));
}

/** The public keys that the caller trusts, by id. Throws for a file that holds none, or a private key. */
export async function trustedKeys(files: readonly string[]): Promise<ReadonlyMap<string, Key>> {
  const found = new Map<string, Key>();
  for (const file of files) for (const key of await publicKeys(file)) found.set(key.id, key);
  return found;
}

async function publicKeys(file: string): Promise<readonly Key[]> {
  const text = read(file);
  if (/PRIVATE KEY/.test(text)) throw new Error(`${file} holds a private key. --trust wants public keys: whoever signs keeps the private one.`);
  if (!text.trimStart().startsWith('{'))
    return [
      await named(
        parsed(() => publicOf(text), file),
        file,
        basename(file),
      ),
    ];
  const value = parsed(() => JSON.parse(text) as { readonly keys?: readonly JsonWebKey[] } & JsonWebKey, file);
  const keys = value.keys ?? [value];
  if (keys.length === 0) throw new Error(`${file} holds no key. ${expected}`);
  if (keys.some(({ d }) => d !== undefined))
    throw new Error(`${file} holds a private key. --trust wants public keys: whoever signs keeps the private one.`);
  return Promise.all(
    keys.map((jwk) => {
      const kid = jwk['kid'];
      return named(
        parsed(() => createPublicKey({ key: jwk, format: 'jwk' }), file),
        file,
        typeof kid === 'string' ? kid : basename(file),
      );
    }),
  );
}

const publicOf = (text: string): KeyObject => (/BEGIN CERTIFICATE/.test(text) ? new X509Certificate(text).publicKey : createPublicKey(text));

function parsed<Value>(work: () => Value, file: string): Value {
  try {
    return work();
  } catch (cause) {
    throw new Error(`${file} cannot be read as a public key. ${expected}`, { cause });
  }
}

function read(file: string): string {
  if (!existsSync(file)) throw new Error(`There is no key file at ${file}. Check the path.`);
  return readFileSync(file, 'utf8');
}

async function named(key: KeyObject, where: string, name: string): Promise<Key> {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const alg = type === 'ed25519' ? 'EdDSA' : type === 'ec' && details?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
  if (alg === undefined)
    throw new Error(`${where} holds a key of type ${type ?? 'unknown'}${details?.namedCurve ? ` (${details.namedCurve})` : ''}. ${expected}`);
  const open = key.type === 'private' ? createPublicKey(key) : key;
  return { key, alg, id: await calculateJwkThumbprint(await exportJWK(open)), name };
}
