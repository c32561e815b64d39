import 'reflect-metadata';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { X509Certificate } from '@peculiar/x509';
import type { Leaf } from '../../mocks/pki/authority.ts';
import { certificateVariants, createPki, type Pki } from '../../mocks/pki/pki.ts';
import { type Anchors, verifyChain } from '../../src/client/udap/chain.ts';

const site = 'http://crl.test/pki';
const pki = await createPki({ community: 'chain-tests', publishedAt: site });
const other = await createPki({ community: 'chain-others' });
const anchorsOf = (from: Pki, name = 'ours'): Anchors => ({ name, roots: [new X509Certificate(from.root.certificate)] });
const folder = mkdtempSync(join(tmpdir(), 'chain-'));

/** Serves what the PKI publishes; counts what is fetched. */
const fetched: string[] = [];
const fetch = async (url: string): Promise<Buffer> => {
  fetched.push(url);
  const authority = [pki.root, pki.intermediate].find((each) => url.startsWith(`${site}/${each.name}.`));
  if (!authority) throw new Error(`${url} cannot be reached`);
  return Buffer.from(url.endsWith('.crl') ? await authority.crl() : authority.der);
};

/** What `openssl verify` says of the same leaf, with the CRLs at hand. */
async function openssl(leaf: Leaf, from: Pki): Promise<'ok' | 'refused'> {
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const crls = await Promise.all(
    [pki.root, pki.intermediate].map(async (each) => {
      const der = file(`${each.name}.crl`, await each.crl());
      return execFileSync('openssl', ['crl', '-inform', 'der', '-in', der], { encoding: 'utf8' });
    }),
  );
  const arguments_ = ['-CAfile', file('root.pem', from.root.certificate), '-untrusted', file('ca.pem', pki.intermediate.certificate)];
  const crl = from === pki ? ['-crl_check_all', '-CRLfile', file('all.crl.pem', crls.join(''))] : [];
  try {
    execFileSync('openssl', ['verify', ...arguments_, ...crl, file('leaf.pem', leaf.certificate)], { stdio: 'pipe' });
    return 'ok';
  } catch {
    return 'refused';
  }
}

const expected = {
  good: 'trusted',
  expired: 'expired',
  notYetValid: 'notYetValid',
  revoked: 'revoked',
  weakKey: 'trusted',
  noUri: 'trusted',
} as const;

for (const [variant, spec] of Object.entries(certificateVariants)) {
  test(`the ${variant} certificate: we and openssl verify agree`, async () => {
    const leaf = await pki.issue({ name: `leaf-${variant}`, uris: ['https://clinic.example/app'], ...spec });
    const ours = await verifyChain(leaf.x5c, { anchors: [anchorsOf(pki)], fetch });
    assert.equal(ours.status, expected[variant as keyof typeof expected], ours.reason);
    const theirs = await openssl(leaf, pki);
    // openssl's default security level also lets 1024 bits pass; the key's length is judged elsewhere.
    assert.equal(theirs, ours.status === 'trusted' ? 'ok' : 'refused');
  });
}

test('a chain to a foreign root is an unknown anchor, for openssl too', async () => {
  const leaf = await pki.issue({ name: 'stray', uris: ['https://clinic.example/app'] });
  const result = await verifyChain(leaf.x5c, { anchors: [anchorsOf(other)], fetch });
  assert.equal(result.status, 'unknownAnchor');
  assert.equal(await openssl(leaf, other), 'refused');
});

test('a self-signed certificate leads to no anchor', async () => {
  const leaf = await pki.selfSigned({ name: 'hermit', uris: ['https://clinic.example/app'] });
  const result = await verifyChain(leaf.x5c, { anchors: [anchorsOf(pki)], fetch });
  assert.equal(result.status, 'unknownAnchor');
  assert.equal(await openssl(leaf, pki), 'refused');
});

test('an RSA chain is followed as well', async () => {
  const rsa = await createPki({ community: 'chain-rsa', kind: 'rsa' });
  const leaf = await rsa.issue({ name: 'rsa-leaf', kind: 'rsa', uris: ['https://clinic.example/app'] });
  const result = await verifyChain(leaf.x5c, { anchors: [anchorsOf(rsa)], fetch });
  assert.deepEqual([result.status, result.crl], ['trusted', 'none']);
});

test('a missing intermediate is fetched from its address', async () => {
  const leaf = await pki.issue({ name: 'lonely', uris: ['https://clinic.example/app'] });
  fetched.length = 0;
  const result = await verifyChain(leaf.x5c.slice(0, 1), { anchors: [anchorsOf(pki)], fetch });
  assert.equal(result.status, 'trusted', result.reason);
  assert.ok(fetched.includes(`${site}/chain-tests-ca.cer`));
});

test('an unreachable CRL is inconclusive, never trusted', async () => {
  const leaf = await pki.issue({ name: 'crl-less', uris: ['https://clinic.example/app'] });
  const result = await verifyChain(leaf.x5c, { anchors: [anchorsOf(pki)], fetch: () => Promise.reject(new Error('no route')) });
  assert.equal(result.status, 'crlUnreachable');
  assert.match(result.reason, /no route/);
});

test('a CRL that another authority signed does not count', async () => {
  const leaf = await pki.issue({ name: 'wrong-crl', uris: ['https://clinic.example/app'] });
  const result = await verifyChain(leaf.x5c, { anchors: [anchorsOf(pki)], fetch: async () => Buffer.from(await other.intermediate.crl()) });
  assert.equal(result.status, 'crlUnreachable');
  assert.match(result.reason, /not signed by/);
});

test('a leaf that signs another leaf breaks the chain', async () => {
  const impostor = await other.issue({ name: 'chain-tests-ca', uris: ['https://clinic.example/app'] });
  const leaf = await pki.issue({ name: 'mixed', uris: ['https://clinic.example/app'] });
  const result = await verifyChain([leaf.x5c[0] ?? '', impostor.x5c[0] ?? ''], { anchors: [anchorsOf(pki)], fetch });
  assert.equal(result.status, 'broken', result.reason);
});

test('several communities: the chain names the one it leads to', async () => {
  const leaf = await other.issue({ name: 'of-others', uris: ['https://clinic.example/app'] });
  const result = await verifyChain(leaf.x5c, { anchors: [anchorsOf(pki, 'urn:ours'), anchorsOf(other, 'urn:others')], fetch });
  assert.deepEqual(result.communities, ['urn:others']);
});

test('garbage in x5c is unreadable and throws nothing', async () => {
  const result = await verifyChain(['bm90IGEgY2VydGlmaWNhdGU='], { anchors: [anchorsOf(pki)], fetch });
  assert.equal(result.status, 'unreadable');
});
