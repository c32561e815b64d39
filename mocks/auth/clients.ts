import { generateKeyPairSync } from 'node:crypto';
import type { Json, Target } from '../../src/core/model.ts';
import type { Setting } from '../kernel/area.ts';
import type { RegisteredClient } from '../kernel/payer.ts';
import { spentToken } from './memory.ts';

/** A client's key pair as JWKs. */
interface Pair {
  readonly secret: string;
  readonly shown: Json;
}

let pairs: { readonly first: Pair; readonly other: Pair } | undefined;

/** Made once per process, because RSA keys take their time. The two organisations use the two algorithms of the guide. */
const keys = () => {
  pairs ??= { first: pair('k1', 'ES384'), other: pair('b1', 'RS384') };
  return pairs;
};

function pair(kid: string, alg: 'ES384' | 'RS384'): Pair {
  const { privateKey, publicKey } =
    alg === 'ES384' ? generateKeyPairSync('ec', { namedCurve: 'P-384' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    secret: JSON.stringify(privateKey.export({ format: 'jwk' })),
    shown: { ...(publicKey.export({ format: 'jwk' }) as Record<string, Json>), kid, alg, use: 'sig' },
  };
}

/** The provider systems that are registered beforehand: two, of different organisations. */
export const registeredClients = (): ReadonlyMap<string, RegisteredClient> =>
  new Map([
    ['assay', { jwks: { keys: [keys().first.shown] }, organization: 'clinic-a' }],
    ['assay-b', { jwks: { keys: [keys().other.shown] }, organization: 'clinic-b' }],
  ]);

/** The client part of the target file; leaves the private keys among the secrets. */
export function authTarget({ secrets, data }: Setting): Partial<Target> {
  secrets['EMBEDDED_CLIENT_KEY'] = keys().first.secret;
  secrets['EMBEDDED_OTHER_KEY'] = keys().other.secret;
  secrets['EMBEDDED_EXPIRED_TOKEN'] = spentToken;
  return {
    auth: { kind: 'smart-backend', clientId: 'assay', key: { env: 'EMBEDDED_CLIENT_KEY' }, kid: 'k1', scope: 'system/*.rs' },
    otherClient: { clientId: 'assay-b', key: { env: 'EMBEDDED_OTHER_KEY' }, kid: 'b1', scope: 'system/*.rs' },
    expiredToken: { env: 'EMBEDDED_EXPIRED_TOKEN' },
    knownResources: { disposablePatient: `Patient/${data.roles.known}` },
  };
}
