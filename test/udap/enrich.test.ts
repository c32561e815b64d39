import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { X509Certificate } from '@peculiar/x509';
import { SignJWT } from 'jose';
import { createPki } from '../../mocks/pki/pki.ts';
import type { Facts, Known, RawExchange } from '../../src/core/model.ts';
import { udapEnricher } from '../../src/enrich/udap.ts';

const pki = await createPki({ community: 'enrich-tests' });
const base = 'https://payer.example/fhir';
const leaf = await pki.issue({ name: 'enrich-server', kind: 'ec', uris: [base] });
const good = await new SignJWT({ iss: base, sub: base, iat: 1, exp: 2, jti: 'a' })
  .setProtectedHeader({ alg: 'ES256', x5c: [...leaf.x5c] })
  .sign(createPrivateKey(leaf.key));

const target = { name: 't', auth: { kind: 'none' }, members: {} } as const;
const known: Known = { target, ids: {}, notes: {} };
const enrich = udapEnricher([{ name: 'ours', roots: [new X509Certificate(pki.root.certificate)] }], () => Promise.reject(new Error('offline')));

async function factsOf(signed: unknown): Promise<Facts> {
  const exchange: RawExchange = {
    index: 0,
    suite: 's',
    step: 'udap.metadata',
    request: { method: 'GET', url: `${base}/.well-known/udap`, headers: {} },
    response: { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ signed_metadata: signed }) },
    startedAt: new Date().toISOString(),
    timing: { total: 1 },
    size: { sent: 0, received: 1, decoded: 1 },
  };
  return (await enrich(exchange, known)).facts ?? {};
}

test('an honest signed_metadata is valid, trusted, and named by its certificate', async () => {
  const facts = await factsOf(good);
  assert.deepEqual([facts['jws.compact'], facts['jws.valid'], facts['jws.alg'], facts['jws.x5c']], [true, true, 'ES256', 2]);
  assert.deepEqual([facts['chain.status'], facts['chain.communities'], facts['san.uris']], ['trusted', ['ours'], [base]]);
});

test('property: no change of a single character leaves the signature valid, and none makes the enricher throw', async () => {
  const alphabet = 'ABCxyz019-_';
  // The last character of base64url holds spare bits, which a decoder ignores.
  for (let at = 0; at < good.length - 1; at += 7) {
    const here = good[at];
    const other = [...alphabet].find((each) => each !== here) ?? 'A';
    if (here === '.') continue;
    const facts = await factsOf(good.slice(0, at) + other + good.slice(at + 1));
    assert.equal(facts['jws.valid'], false, `character ${at}`);
  }
});

test('whatever stands in signed_metadata, facts come back and nothing throws', async () => {
  const odd = [
    '',
    '.',
    '..',
    'a.b',
    'a.b.c.d',
    'eyJ9.e30.',
    `${good}.extra`,
    '‮',
    'x'.repeat(100_000),
    `${Buffer.from('{"x5c":[7,null,"%%%"]}').toString('base64url')}.e30.`,
  ];
  for (const each of odd) assert.notEqual((await factsOf(each))['jws.valid'], true, each.slice(0, 20));
  for (const each of [7, null, ['a'], { a: 1 }]) assert.equal((await factsOf(each))['jws.valid'], undefined);
});
