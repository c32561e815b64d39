import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRoot } from '../../mocks/pki/authority.ts';
import { tlsOptionsOf } from '../../src/client/tls-options.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const root = await createRoot('options-test');
const [leaf, other] = [await root.issue({ name: 'client' }), await root.issue({ name: 'another' })];
const ca = file('ca.pem', root.certificate);
const cert = file('client.pem', leaf.chain);
const keyFile = file('client.key', leaf.key);

test('a good authority, certificate and key are taken', () => {
  const options = tlsOptionsOf({ tls: { ca, cert, key: { file: keyFile }, relaxed: true } }, {});
  assert.equal(options.ca, root.certificate);
  assert.equal(options.rejectUnauthorized, false);
});

test('a missing CA file is named', () => {
  assert.throws(() => tlsOptionsOf({ tls: { ca: join(folder, 'nowhere.pem') } }, {}), /tls\.ca: the file .*nowhere\.pem cannot be read \(ENOENT\)/);
});

test('a CA file without PEM says what was expected and how to convert', () => {
  const path = file('der.pem', 'not a certificate');
  assert.throws(() => tlsOptionsOf({ tls: { ca: path } }, {}), /tls\.ca: .*der\.pem holds no PEM certificate.*BEGIN CERTIFICATE.*openssl x509/);
});

test('a damaged certificate is counted out', () => {
  const path = file('damaged.pem', `${root.certificate}-----BEGIN CERTIFICATE-----\nMIIBdamaged\n-----END CERTIFICATE-----\n`);
  assert.throws(() => tlsOptionsOf({ tls: { ca: path } }, {}), /certificate 2 of 2 in .*damaged\.pem is damaged/);
});

test('a key of another certificate is distinguished from a broken one', () => {
  const wrong = file('other.key', other.key);
  const broken = file('broken.key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
  assert.throws(
    () => tlsOptionsOf({ tls: { cert, key: { file: wrong } } }, {}),
    /tls\.key does not belong to the first certificate in .*client\.pem/,
  );
  assert.throws(() => tlsOptionsOf({ tls: { cert, key: { file: broken } } }, {}), /tls\.key: the private key cannot be read/);
  assert.throws(() => tlsOptionsOf({ tls: { cert } }, {}), /belong together, and only tls\.cert is given/);
});

test('a PKCS#12 file opens with its password only', () => {
  const pfx = join(folder, 'client.p12');
  execFileSync('openssl', ['pkcs12', '-export', '-in', cert, '-inkey', keyFile, '-out', pfx, '-passout', 'pass:right'], { timeout: 20_000 });
  const given = (PFX_PASSWORD: string) => tlsOptionsOf({ tls: { pfx, passphrase: { env: 'PFX_PASSWORD' } } }, { PFX_PASSWORD });
  assert.ok(given('right').pfx);
  assert.throws(() => given('wrong'), /client\.p12 does not open with the password of tls\.passphrase/);
  const junk = file('junk.p12', 'junk');
  assert.throws(() => tlsOptionsOf({ tls: { pfx: junk } }, {}), /junk\.p12 is no PKCS#12 file/);
});
