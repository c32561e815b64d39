import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPki } from '../../mocks/pki/pki.ts';
import { readPkcs12 } from '../../src/client/pkcs12.ts';
import { udapClientOf } from '../../src/client/udap/client.ts';
import { loadCredential } from '../../src/client/udap/credentials.ts';
import type { Target } from '../../src/core/model.ts';
import type { TargetUdap } from '../../src/core/udap.ts';

const pki = await createPki({ community: 'credential-tests' });
const uri = 'https://clinic.example/app';
const [rsa, ec] = await Promise.all([
  pki.issue({ name: 'rsa-client', kind: 'rsa', uris: [uri] }),
  pki.issue({ name: 'ec-client', kind: 'ec', uris: [uri, 'https://clinic.example/second'] }),
]);
const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
const path = (name: string): string => join(folder, name);

/** A PKCS#12 file as operators make it. */
function pkcs12(name: string, leaf: typeof rsa, password: string, more: readonly string[] = []): string {
  writeFileSync(path(`${name}.pem`), leaf.chain);
  writeFileSync(path(`${name}.key`), leaf.key);
  execFileSync('openssl', [
    'pkcs12',
    '-export',
    '-in',
    path(`${name}.pem`),
    '-inkey',
    path(`${name}.key`),
    '-out',
    path(`${name}.p12`),
    '-passout',
    `pass:${password}`,
    ...more,
  ]);
  return path(`${name}.p12`);
}

for (const [name, leaf, more] of [
  ['RSA with today’s encryption', rsa, []],
  ['EC with today’s encryption', ec, []],
  ['RSA with 3DES and SHA-1', rsa, ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
] as const) {
  test(`PKCS#12, ${name}: signs as the PEM files do`, () => {
    const file = pkcs12(name.replace(/\W/g, ''), leaf, 'open sesame', more);
    const signer = loadCredential({ pkcs12: file, passphrase: { env: 'P' } }, 'udap.client', { P: 'open sesame' });
    const twin = loadCredential({ certificates: leaf.chain, key: { env: 'K' } }, 'udap.client', { K: leaf.key });
    assert.deepEqual(signer.x5c, twin.x5c);
    assert.equal(signer.uri, uri);
    assert.ok(signer.key.equals(twin.key));
  });
}

test('a wrong PKCS#12 password names the file and the fix, and not the password', () => {
  const file = pkcs12('locked', rsa, 'right');
  const attempt = () => loadCredential({ pkcs12: file, passphrase: { env: 'P' } }, 'udap.client', { P: 'wr0ng-secret' });
  assert.throws(attempt, (error: Error) => {
    assert.match(error.message, /udap\.client\.pkcs12 .*locked\.p12.*password is wrong.*passphrase/);
    assert.doesNotMatch(error.message, /wr0ng-secret/);
    return true;
  });
});

test('a PKCS#12 file that is PEM, or cut short, is distinguished from a wrong password', () => {
  assert.throws(() => readPkcs12(Buffer.from(rsa.chain), 'x', 'client.p12'), /client\.p12 is not a PKCS#12 file.*certificates/s);
  const whole = readFileSync(pkcs12('torn', rsa, 'x'));
  assert.throws(() => readPkcs12(whole.subarray(0, whole.length / 2), 'x', 'client.p12'), /client\.p12/);
});

test('malformed PEM names its place', () => {
  const bad = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  assert.throws(
    () => loadCredential({ certificates: bad, key: { env: 'K' } }, 'udap.client', { K: rsa.key }),
    /udap\.client\.certificates: certificate 1 .* malformed/,
  );
  const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
  assert.throws(
    () => loadCredential({ certificates: rsa.chain, key: { env: 'K' } }, 'udap.client', { K: key }),
    /udap\.client\.key: the private key cannot be read/,
  );
  assert.throws(
    () => loadCredential({ certificates: '/no/such/file.pem', key: { env: 'K' } }, 'udap.client', { K: rsa.key }),
    /\/no\/such\/file\.pem cannot be read \(ENOENT\)/,
  );
});

test('a key that does not fit its certificate is refused by name', () => {
  const attempt = () => loadCredential({ certificates: rsa.chain, key: { env: 'K' } }, 'udap.client', { K: ec.key });
  assert.throws(attempt, /udap\.client: the private key does not belong to the certificate of .*rsa-client/);
});

test('of several URI names the operator chooses one, and only one that is there', () => {
  const chosen = loadCredential({ certificates: ec.chain, key: { env: 'K' }, uri: 'https://clinic.example/second' }, 'udap.client', { K: ec.key });
  assert.equal(chosen.uri, 'https://clinic.example/second');
  assert.throws(
    () => loadCredential({ certificates: ec.chain, key: { env: 'K' }, uri: 'https://x.example' }, 'udap.client', { K: ec.key }),
    /not in the certificate/,
  );
});

const targetWith = (udap: TargetUdap): Target => ({ name: 't', auth: { kind: 'none' }, members: {}, udap });

test('an expired client certificate stops the run before its first request; the same one as a spare does not', async () => {
  const expired = await pki.issue({ name: 'old-client', uris: [uri], notBefore: -60, notAfter: -1 });
  const communities = [{ anchors: pki.root.certificate }];
  const credential = { certificates: expired.chain, key: { env: 'OLD' } };
  const source = { OLD: expired.key, K: rsa.key };
  assert.throws(
    () => udapClientOf(targetWith({ communities, client: credential }), source),
    /udap\.client: the certificate of .*old-client.* expired on/,
  );
  const client = { certificates: rsa.chain, key: { env: 'K' } };
  const loaded = udapClientOf(targetWith({ communities, client, spare: { expired: credential } }), source);
  assert.ok(loaded?.signers['expired']);
});

test('anchors that hold no certificate are named', () => {
  const attempt = () => udapClientOf(targetWith({ communities: [{ anchors: rsa.key }] }), {});
  assert.throws(attempt, /udap\.communities\[0\]\.anchors: no certificate found in the text given/);
});
