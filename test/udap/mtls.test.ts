import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createPki } from '../../mocks/pki/pki.ts';
import { isOpened } from '../../src/client/stream.ts';
import { tlsOptionsOf } from '../../src/client/tls-options.ts';
import { createTransport } from '../../src/client/transport.ts';
import type { Target } from '../../src/core/model.ts';

const pki = await createPki({ community: 'mtls-tests' });
const [server, client, other] = await Promise.all([pki.server(), pki.issue({ name: 'mtls-client' }), pki.issue({ name: 'mtls-other' })]);
const folder = mkdtempSync(join(tmpdir(), 'mtls-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const ca = file('ca.pem', pki.root.certificate);
const [cert, key] = [file('client.pem', client.chain), file('client.key', client.key)];

const demanding = createServer(
  { cert: server.chain, key: server.key, ca: pki.root.certificate, requestCert: true, rejectUnauthorized: true },
  (request, response) => response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN),
);
await new Promise<void>((resolve) => demanding.listen(0, '127.0.0.1', resolve));
after(() => {
  demanding.close();
  demanding.closeAllConnections();
});

async function ask(tls: NonNullable<Target['tls']>, secrets: Record<string, string> = {}) {
  const transport = createTransport(tlsOptionsOf({ tls }, secrets));
  const url = `https://127.0.0.1:${(demanding.address() as AddressInfo).port}/`;
  const request = { method: 'GET', url, headers: {} };
  const sent = await transport.send(request);
  // Whichever client carries the request, the material is the same.
  const opened = await transport.open(request);
  assert.equal(isOpened(opened) ? await text(opened.body) : undefined, sent.response?.body);
  transport.close();
  return sent;
}

test('mutual TLS with PEM files, under a private authority', async () => {
  assert.equal((await ask({ ca, cert, key: { file: key } })).response?.body, 'mtls-client');
});

test('mutual TLS with a PKCS#12 file', async () => {
  const pfx = join(folder, 'client.p12');
  execFileSync('openssl', ['pkcs12', '-export', '-in', cert, '-inkey', key, '-out', pfx, '-passout', 'pass:sesame']);
  assert.equal((await ask({ ca, pfx, passphrase: { env: 'P' } }, { P: 'sesame' })).response?.body, 'mtls-client');
  await assert.rejects(ask({ ca, pfx, passphrase: { env: 'P' } }, { P: 'wrong' }), /tls\.pfx: .*client\.p12 does not open with the password/);
});

test('mutual TLS with an encrypted key', async () => {
  const encrypted = join(folder, 'client.enc.key');
  execFileSync('openssl', ['pkcs8', '-topk8', '-in', key, '-out', encrypted, '-passout', 'pass:sesame']);
  const tls = { ca, cert, key: { file: encrypted }, passphrase: { env: 'P' } };
  assert.equal((await ask(tls, { P: 'sesame' })).response?.body, 'mtls-client');
  await assert.rejects(ask(tls, { P: 'wrong' }), /tls\.key: the private key cannot be read/);
});

test('a password that does not open our own key is called ours, whichever client stumbles over it', async () => {
  const pfx = readFileSync(join(folder, 'client.p12'));
  const transport = createTransport({ ca: pki.root.certificate, pfx, passphrase: 'wrong' });
  const request = { method: 'GET', url: `https://127.0.0.1:${(demanding.address() as AddressInfo).port}/`, headers: {} };
  const opened = await transport.open(request);
  assert.deepEqual([(await transport.send(request)).error?.code, isOpened(opened) ? opened.status : opened.code], ['ours', 'ours']);
  transport.close();
});

test('a server that demands a certificate and gets none ends the connection, which is reported as such', async () => {
  const sent = await ask({ ca });
  assert.equal(sent.response, null);
  assert.ok(sent.error);
});

test('a key that belongs to another certificate is found before anything is sent', async () => {
  await assert.rejects(ask({ ca, cert, key: { file: file('other.key', other.key) } }), /tls\.key/);
  await assert.rejects(ask({ ca, cert }), /tls\.cert and tls\.key belong together/);
});
