import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { jwtVerify } from 'jose';
import { type SigningKey, signAssertion } from '../../src/client/assertion.ts';

// k6 brings its own encoding module; outside k6 the few calls we use are spelt with Buffer.
const encoding = `export default { b64encode: (value) => Buffer.from(value).toString('base64url') };`;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'k6/encoding' ? { url: 'k6:encoding', format: 'module', shortCircuit: true } : next(specifier, context),
  load: (url, context, next) => (url === 'k6:encoding' ? { source: encoding, format: 'module', shortCircuit: true } : next(url, context)),
});
const { assertionFor } = await import('../../suites/load/lib/token.ts');

const audience = 'https://payer.example.org/as/token';
const pairs: Readonly<Record<SigningKey['alg'], KeyObject>> = {
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  RS384: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};

for (const alg of ['ES384', 'RS384'] as const) {
  const key = pairs[alg];
  /** One verifier for both signers: SMART's rules, by jose. */
  const verify = (assertion: string) =>
    jwtVerify(assertion, createPublicKey(key), {
      algorithms: [alg],
      audience,
      issuer: 'assay',
      subject: 'assay',
      requiredClaims: ['exp', 'jti', 'iat'],
      maxTokenAge: '5m',
    });

  test(`an ${alg} assertion by jose passes the verifier`, async () => {
    const { payload, protectedHeader } = await verify(await signAssertion({ clientId: 'assay', key, kid: 'k1', alg }, audience));
    assert.equal(protectedHeader.kid, 'k1');
    assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 300);
  });

  test(`an ${alg} assertion by crypto.subtle, as k6 signs it, passes the same verifier`, async () => {
    const jwk = JSON.stringify(key.export({ format: 'jwk' }));
    const { payload, protectedHeader } = await verify(
      await assertionFor({ clientId: 'assay', kid: 'k1', alg } as Parameters<typeof assertionFor>[0], audience, jwk),
    );
    assert.equal(protectedHeader.kid, 'k1');
    assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 300);
  });
}
