import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { RegisteredClient } from '../../../mocks/kernel/payer.ts';
import type { Situation } from '../../../src/client-side/situation.ts';
import type { Json } from '../../../src/core/model.ts';

/** What every foreign client lacks: a backend token. It is fetched for it, so that its own manners can be graded. */
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const about = { kid: 'peer-1', alg: 'ES384', use: 'sig' };
export const registration: ReadonlyMap<string, RegisteredClient> = new Map([
  [
    'peer',
    { jwks: { keys: [{ ...(createPublicKey(privateKey).export({ format: 'jwk' }) as Record<string, Json>), ...about }] }, organization: 'clinic-a' },
  ],
]);

export async function tokenFor({ tokenUrl }: Situation): Promise<string> {
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES384', kid: 'peer-1', typ: 'JWT' })
    .setIssuer('peer')
    .setSubject('peer')
    .setAudience(tokenUrl)
    .setIssuedAt()
    .setExpirationTime('4m')
    .sign(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'system/Patient.rs system/Observation.rs',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  const body = (await answer.json()) as { readonly access_token?: string };
  if (body.access_token === undefined) throw new Error('no token');
  return body.access_token;
}
