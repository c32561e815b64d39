import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegisteredClient } from '../../mocks/kernel/payer.ts';
import type { Json } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';

/** A client that was registered for whoever brings no keys, and where its keys lie. */
export interface Registration {
  readonly clientId: string;
  readonly clients: ReadonlyMap<string, RegisteredClient>;
  /** Private JWK and PEM, and the public set. */
  readonly files: { readonly jwk: string; readonly pem: string; readonly jwks: string };
}

const clientId = 'client';

/** Keys in this folder, made on first use and kept between starts. ES384, readable by their owner only. */
export function registrationIn(folder: string): Registration {
  makeFolder(folder, 0o700);
  const files = { jwk: join(folder, 'client.private.json'), pem: join(folder, 'client.private.pem'), jwks: join(folder, 'client.jwks.json') };
  if (!existsSync(files.jwk)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const about = { kid: 'client-1', alg: 'ES384', use: 'sig' };
    writeFileSync(files.jwk, `${JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...about }, null, 1)}\n`, { mode: 0o600 });
    writeFileSync(files.pem, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const shown = { ...createPublicKey(privateKey).export({ format: 'jwk' }), ...about };
    writeFileSync(files.jwks, `${JSON.stringify({ keys: [shown] }, null, 1)}\n`);
  }
  const jwks = JSON.parse(readFileSync(files.jwks, 'utf8')) as { readonly keys: readonly Json[] };
  return { clientId, clients: new Map([[clientId, { jwks, organization: 'clinic-a' }]]), files };
}
