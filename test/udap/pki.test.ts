import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPki } from '../../mocks/pki/pki.ts';

test('a server leaf serves TLS on loopback to whoever trusts the root', async () => {
  const pki = await createPki();
  const leaf = await pki.server();
  const server = createServer({ cert: leaf.chain, key: leaf.key }, (_, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const body = await new Promise<string>((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    request({ host: '127.0.0.1', port, ca: pki.root.certificate }, (response) => response.setEncoding('utf8').on('data', resolve))
      .on('error', reject)
      .end();
  });
  server.close();
  server.closeAllConnections();
  assert.equal(body, 'ok');
});

test('openssl verifies a leaf against its root and refuses it against another community', async () => {
  const [pki, other] = [await createPki({ kind: 'rsa' }), await createPki({ community: 'beta' })];
  const leaf = await pki.issue({ name: 'clinic-rsa', kind: 'rsa', uris: ['https://clinic.example/app'] });
  const folder = mkdtempSync(join(tmpdir(), 'pki-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const verify = (root: string) =>
    execFileSync(
      'openssl',
      ['verify', '-CAfile', file('root.pem', root), '-untrusted', file('ca.pem', pki.intermediate.certificate), file('leaf.pem', leaf.certificate)],
      {
        encoding: 'utf8',
        stdio: 'pipe',
      },
    );
  assert.match(verify(pki.root.certificate), /OK/);
  assert.throws(() => verify(other.root.certificate));
  assert.match(new X509Certificate(leaf.certificate).subjectAltName ?? '', /URI:https:\/\/clinic\.example\/app/);
});

test('a self-signed certificate is its own issuer', async () => {
  const leaf = await (await createPki()).selfSigned({ name: 'loner', uris: ['https://clinic.example/app'] });
  const certificate = new X509Certificate(leaf.certificate);
  assert.equal(certificate.subject, certificate.issuer);
  assert.ok(certificate.verify(certificate.publicKey));
});
