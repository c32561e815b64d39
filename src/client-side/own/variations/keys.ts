import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { RegisteredClient } from '../../../../mocks/kernel/payer.ts';
import { createRoot, type Leaf } from '../../../../mocks/pki/authority.ts';
import type { SigningKey } from '../../../client/assertion.ts';
import type { Json } from '../../../core/model.ts';
import { ownRegistration, rsaKey } from '../client.ts';

/** Keys and certificates of clients that sign in other ways; made once per process. */

let edwards: KeyObject | undefined;
const edwardsKey = (): KeyObject => {
  edwards ??= generateKeyPairSync('ed25519').privateKey;
  return edwards;
};
const signer = (key: KeyObject, kid: string): SigningKey => ({ clientId: 'assay', key, kid, alg: 'RS384' });
/** For RS256 and PS384. */
export const rsaSigner = (): SigningKey => signer(rsaKey(), 'k3');
/** For EdDSA. */
export const edwardsSigner = (): SigningKey => signer(edwardsKey(), 'k4');

/** Names of one UDAP client: a certificate may have several. */
export const uris = ['http://clinic.example.org/fhir', 'urn:oid:1.2.840.113619.5', 'did:web:clinic.example.org'] as const;
let certified: Promise<Leaf> | undefined;
export const udapLeaf = (): Promise<Leaf> => {
  certified ??= createRoot('another-community').then((root) => root.issue({ name: 'clinic', uris }));
  return certified;
};

export const provider = 'https://idp.example.org';
const publicJwk = (key: KeyObject, kid: string): Json => ({
  ...(key.export({ format: 'jwk' }) as Record<string, Json>),
  kid,
  use: 'sig',
});

/** Our own client as payers know it, with these keys beside. */
export async function variedRegistration(): Promise<ReadonlyMap<string, RegisteredClient>> {
  const own = ownRegistration();
  const { jwks, organization = 'clinic-a' } = own.get('assay') ?? { jwks: { keys: [] } };
  const certificateKey = publicJwk(createPublicKey((await udapLeaf()).certificate), 'udap-1');
  return new Map([
    ...own,
    [
      'assay',
      { jwks: { keys: [...jwks.keys, publicJwk(createPublicKey(rsaKey()), 'k3'), publicJwk(createPublicKey(edwardsKey()), 'k4')] }, organization },
    ],
    ['of-a-provider', { jwks, organization, issuer: provider }],
    ['by-certificate', { jwks: { keys: [certificateKey] }, organization }],
  ] as readonly (readonly [string, RegisteredClient])[]);
}
