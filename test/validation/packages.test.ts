import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PackageError } from '../../src/validation/packages/archive.ts';
import { basePacks } from '../../src/validation/packages/base.ts';
import { overview } from '../../src/validation/packages/overview.ts';
import { fetchPackage } from '../../src/validation/packages/registry.ts';
import { addPackage, listPackages, openPackage } from '../../src/validation/packages/store.ts';
import { createShapeGate } from '../../src/validation/shape.ts';
import { createSoundReader } from '../../src/validation/sound.ts';
import { tgz } from './tgz.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'assay-packages-'));
const manifest = JSON.stringify({
  name: 'org.example.guide',
  version: '1.0.0',
  fhirVersions: ['4.0.1'],
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
});
const valueSet = JSON.stringify({
  resourceType: 'ValueSet',
  url: 'http://example.org/ValueSet/a',
  version: '1.0.0',
  compose: { include: [] },
  description: 'prose',
});
const files = { 'package/package.json': manifest, 'package/ValueSet-a.json': valueSet, 'package/.index.json': '{}' };

function file(into: string, content: Buffer, name = 'guide.tgz'): string {
  const path = join(into, name);
  writeFileSync(path, content);
  return path;
}

test('a package is added, listed and opened from the standard cache layout, without stale indexes', () => {
  const cache = folder();
  writeFileSync(join(cache, 'packages.ini'), '[cache]\nversion=3\n');
  assert.equal(addPackage(file(folder(), tgz(files)), cache), 'org.example.guide#1.0.0');
  assert.deepEqual(listPackages(cache), ['org.example.guide#1.0.0']);
  assert.ok(!existsSync(join(cache, 'org.example.guide#1.0.0/package/.index.json')));
  assert.equal(readFileSync(join(cache, 'packages.ini'), 'utf8'), '[cache]\nversion=3\n');
  const pack = openPackage('org.example.guide#1.0.0', cache);
  assert.deepEqual(
    pack.entries.map(({ kind, url }) => [kind, url]),
    [['ValueSet', 'http://example.org/ValueSet/a']],
  );
  assert.deepEqual(pack.dependencies, { 'hl7.fhir.r4.core': '4.0.1' });
  const [entry] = pack.entries;
  assert.ok(entry);
  assert.equal(pack.read(entry)['description'], undefined);
});

test('a .tgz is opened by path just as well', () => {
  const pack = openPackage(file(folder(), tgz(files)), folder());
  assert.equal(pack.name, 'org.example.guide#1.0.0');
  assert.equal(pack.entries.length, 1);
});

/** A few kilobytes of gzip that begin a file of 1 GB of zeros. */
function zeros(): Buffer {
  const length = (1 << 30) + 1024;
  const [header] = [gunzipSync(tgz({ 'package/a.json': '' })).subarray(0, 512)];
  header.write(`${length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(
    `${header
      .reduce((total, byte) => total + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return gzipSync(Buffer.concat([header, Buffer.alloc(1 << 24)]));
}

const refused: readonly (readonly [string, () => Buffer, RegExp])[] = [
  ['not gzip', () => Buffer.from('hello'), /not a gzipped archive/],
  ['cut short', () => tgz({ ...files, 'package/x.json': 'x'.repeat(9000) }, 6000), /damaged|cut short/],
  ['whose gzip breaks off', () => tgz(files).subarray(0, 100), /damaged|cut short/],
  ['whose header was changed', () => gzipSync(gunzipSync(tgz(files)).fill('!', 0, 20)), /damaged/],
  ['that unpacks without end', () => zeros(), /decompression ratio/],
  ['without a manifest', () => tgz({ 'package/a.json': '{}' }), /no package\/package\.json/],
  ['with a manifest that is not JSON', () => tgz({ 'package/package.json': '{' }), /not JSON/],
  ['with a name that is a path', () => tgz({ 'package/package.json': '{"name":"../evil","version":"1"}' }), /usable name/],
  ['with a file that leads out of the folder', () => tgz({ ...files, 'package/../../evil': 'x' }), /leads out/],
];
for (const [what, content, message] of refused) {
  test(`a package ${what} is refused by name and leaves nothing behind`, () => {
    const cache = folder();
    assert.throws(
      () => addPackage(file(folder(), content()), cache),
      (cause) => cause instanceof PackageError && message.test(cause.message),
    );
    assert.deepEqual(listPackages(cache), []);
  });
}

test('a wrong SHA-256 is refused, the right one accepted', () => {
  const content = tgz(files);
  const path = file(folder(), content);
  assert.throws(() => addPackage(path, folder(), '00'), /expected SHA-256 00/);
  assert.equal(addPackage(path, folder(), createHash('sha256').update(content).digest('hex')), 'org.example.guide#1.0.0');
});

test('a damaged package in the cache is a line of ig list, not its end', () => {
  const cache = folder();
  mkdirSync(join(cache, 'bad#1.0.0/package'), { recursive: true });
  writeFileSync(join(cache, 'bad#1.0.0/package/package.json'), '{"name":"bad","version":"1.0.0"}');
  writeFileSync(join(cache, 'bad#1.0.0/package/X.json'), '{');
  const rows = overview(cache);
  assert.match(rows.find((row) => row.name === 'bad#1.0.0')?.problem ?? '', /not JSON/);
  assert.equal(rows.filter((row) => row.builtIn).length, 2);
});

test('base R4 and US Core 5.0.1 are always there', () => {
  const [core, us] = basePacks();
  assert.ok(core.entries.some((entry) => entry.url === 'http://hl7.org/fhir/StructureDefinition/Patient'));
  assert.ok(us.entries.some((entry) => entry.url === 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient' && entry.version === '5.0.1'));
});

test('a registry is asked by HTTP, in both protocols, and its checksum is verified', async (t) => {
  const content = tgz(files);
  let shasum = createHash('sha1').update(content).digest('hex');
  const server = createServer((request, response) => {
    if (request.url === '/fhir/org.example.guide/1.0.0' || request.url === '/file.tgz') response.end(content);
    else if (request.url === '/npm/org.example.guide/1.0.0') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ dist: { tarball: '/file.tgz', shasum } }));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.equal(await fetchPackage('org.example.guide#1.0.0', folder(), { registry: `${origin}/fhir` }), 'org.example.guide#1.0.0');
  assert.equal(await fetchPackage('org.example.guide#1.0.0', folder(), { registry: `${origin}/npm` }), 'org.example.guide#1.0.0');
  shasum = 'beef';
  await assert.rejects(fetchPackage('org.example.guide#1.0.0', folder(), { registry: `${origin}/npm` }), /states shasum beef/);
  await assert.rejects(fetchPackage('org.example.guide#2.0.0', folder(), { registry: `${origin}/fhir` }), /answered 404/);
  await assert.rejects(fetchPackage('guide', folder()), /Expected ID#VERSION/);
});

test('what npm says of a package that it cannot give becomes the next step: other versions, another registry, the network', async (t) => {
  const bin = folder();
  // An npm that says nothing with --silent.
  const npm = (code: string): void =>
    writeFileSync(
      join(bin, 'npm'),
      `#!/bin/sh\ncase "$*" in *--silent*) exit 1;; view*) echo '["1.0.0","1.1.0"]'; exit 0;; esac\necho "npm error code ${code}" >&2\nexit 1\n`,
      { mode: 0o755 },
    );
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = `${bin}:${path}`;
  t.after(() => {
    process.env['PATH'] = path;
  });
  npm('ETARGET');
  await assert.rejects(fetchPackage('org.example.guide#9.9.9', folder()), /has no version 9\.9\.9 on npm\. On offer: 1\.0\.0, 1\.1\.0/);
  npm('ECONNREFUSED');
  await assert.rejects(fetchPackage('org.example.guide#9.9.9', folder()), /could not reach its registry/);
  await assert.rejects(
    fetchPackage('org.example.guide#9.9.9', folder(), { registry: 'http://127.0.0.1:1' }),
    /cannot be fetched: .+Check the address/,
  );
});

test('where nothing can be written, packages and generated code are held in memory', (t) => {
  const before = process.env['PAYER_ASSAY_CACHE'];
  t.after(() => {
    if (before === undefined) delete process.env['PAYER_ASSAY_CACHE'];
    else process.env['PAYER_ASSAY_CACHE'] = before;
  });
  // A file where the folder should be stops root, too.
  process.env['PAYER_ASSAY_CACHE'] = file(folder(), Buffer.from('x'), 'not-a-folder');
  const pack = openPackage(file(folder(), tgz(files)), folder());
  const [entry] = pack.entries;
  assert.ok(entry);
  assert.equal(pack.read(entry)['url'], 'http://example.org/ValueSet/a');
  assert.equal(createShapeGate().check({ resourceType: 'Patient', shoe: 1 })[0]?.rule, 'shape.additionalProperties');
  const line = Buffer.from('{"resourceType":"Patient","active":true}\n');
  assert.ok(createSoundReader()(line, 0, line.length - 1));
});
