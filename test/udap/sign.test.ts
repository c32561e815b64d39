import 'reflect-metadata';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { X509Certificate } from '@peculiar/x509';
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { forgeries } from '../../checks/udap/probes.ts';
import { createPki } from '../../mocks/pki/pki.ts';
import { verifyChain } from '../../src/client/udap/chain.ts';
import { loadCredential, type UdapSigner } from '../../src/client/udap/credentials.ts';
import { impostorOf } from '../../src/client/udap/impostor.ts';
import { signUdap } from '../../src/client/udap/sign.ts';

const pki = await createPki({ community: 'sign-tests' });
const uri = 'https://clinic.example/app';
const signerOf = async (kind: 'rsa' | 'ec' | 'ec384' | 'weak'): Promise<UdapSigner> => {
  const leaf = await pki.issue({ name: `signer-${kind}`, kind, uris: [uri] });
  return loadCredential({ certificates: leaf.chain, key: { env: 'K' } }, 'udap.client', { K: leaf.key });
};
const rsa = await signerOf('rsa');
const audience = 'https://payer.example/register';
const use = 'software_statement' as const;
const folder = mkdtempSync(join(tmpdir(), 'sign-'));

/** What openssl says of an RS256 JWT and the key of a certificate. */
function opensslVerifies(jwt: string, signer: UdapSigner): boolean {
  const [head = '', body = '', signature = ''] = jwt.split('.');
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const key = file('key.pem', signer.leaf.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const arguments_ = [
    'dgst',
    '-sha256',
    '-verify',
    key,
    '-signature',
    file('sig', Buffer.from(signature, 'base64url')),
    file('data', `${head}.${body}`),
  ];
  try {
    return execFileSync('openssl', arguments_, { encoding: 'utf8', stdio: 'pipe' }).includes('Verified OK');
  } catch {
    return false;
  }
}

for (const [kind, alg] of [
  ['rsa', 'RS256'],
  ['ec', 'ES256'],
  ['ec384', 'ES384'],
] as const) {
  test(`an honest statement with a key of kind ${kind}: ${alg}, x5c, and the claims of the guide`, async () => {
    const signer = await signerOf(kind);
    const { jwt } = await signUdap(signer, { use }, audience);
    const { protectedHeader } = await compactVerify(jwt, signer.leaf.publicKey);
    const claims = decodeJwt(jwt);
    assert.deepEqual([protectedHeader.alg, protectedHeader.x5c], [alg, signer.x5c]);
    assert.deepEqual([claims.iss, claims.sub, claims.aud], [uri, uri, audience]);
    assert.ok(Number(claims.exp) - Number(claims.iat) <= 300 && claims.jti);
  });
}

test('openssl verifies what we sign, with a weak key too', async () => {
  const weak = await signerOf('weak');
  assert.ok(opensslVerifies((await signUdap(rsa, { use }, audience)).jwt, rsa));
  assert.ok(opensslVerifies((await signUdap(weak, { use }, audience)).jwt, weak));
});

for (const [name, change] of Object.entries(forgeries)) {
  test(`forgery ${name}: neither jose nor openssl takes it for ours`, async () => {
    const { jwt } = await signUdap(rsa, { use, ...change }, audience);
    await assert.rejects(compactVerify(jwt, rsa.leaf.publicKey));
    assert.equal(opensslVerifies(jwt, rsa), false);
    assert.deepEqual(decodeProtectedHeader(jwt).x5c, rsa.x5c);
  });
}

test('the embedded key is the one that signed: a server that trusts it would be fooled', async () => {
  const { jwt } = await signUdap(rsa, { use, ...forgeries['embedded-key'] }, audience);
  const { jwk } = decodeProtectedHeader(jwt);
  assert.ok(jwk);
  await compactVerify(jwt, jwk);
});

test('a claim set to undefined is left out, and two JWTs never share a jti', async () => {
  const one = decodeJwt((await signUdap(rsa, { use, claims: { exp: undefined, scope: 'x' } }, audience)).jwt);
  const two = decodeJwt((await signUdap(rsa, { use }, audience)).jwt);
  assert.deepEqual([one.exp, one['scope']], [undefined, 'x']);
  assert.notEqual(one.jti, two.jti);
});

for (const kind of ['otherCa', 'selfSigned', 'mixedChain'] as const) {
  test(`impostor ${kind}: our name, and no way to an anchor`, async () => {
    const impostor = await impostorOf(rsa, kind);
    const anchors = [{ name: 'ours', roots: [new X509Certificate(pki.root.certificate)] }];
    const chain = await verifyChain(impostor.x5c, { anchors, fetch: () => Promise.reject(new Error('offline')) });
    assert.notEqual(chain.status, 'trusted');
    assert.match(impostor.leaf.subjectAltName ?? '', /clinic\.example\/app/);
    await compactVerify((await signUdap(impostor, { use }, audience)).jwt, impostor.leaf.publicKey);
    assert.equal(impostor.key.equals(rsa.key), kind !== 'mixedChain');
  });
}
