import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { tgz } from './tgz.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-cli-'));
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

/** Runs the command line in a process of its own. */
const cli = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(
      process.execPath,
      ['src/cli/main.ts', ...args],
      { env: { ...process.env, PAYER_ASSAY_PACKAGES: join(folder, 'packages') } },
      (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });

test('ig add and ig list: a guide is added, shown, and refused in words when it is not one', async () => {
  const guide = file('guide.tgz', tgz({ 'package/package.json': '{"name":"org.example.guide","version":"1.0.0"}' }));
  const added = await cli('ig', 'add', guide);
  assert.equal(added.code, 0, added.err);
  assert.match(added.out, /org\.example\.guide#1\.0\.0 is in/);
  const listed = await cli('ig', 'list', '--json');
  const rows = JSON.parse(listed.out) as readonly { name: string; builtIn: boolean }[];
  assert.deepEqual(
    rows.map(({ name, builtIn }) => [name, builtIn]),
    [
      ['hl7.fhir.r4.core#4.0.1', true],
      ['hl7.fhir.us.core#5.0.1', true],
      ['org.example.guide#1.0.0', false],
    ],
  );
  const refused = await cli('ig', 'add', file('bad.tgz', 'no archive'));
  assert.equal(refused.code, 3);
  assert.match(refused.err, /not a gzipped archive/);
  assert.doesNotMatch(refused.err, /at .*\.ts:\d+/);
});

test('validate names file, line, element and rule, and exits 1 on errors only', async () => {
  const good = file('good.json', '{"resourceType":"Basic","code":{"text":"x"}}');
  const bad = file('bad.ndjson', '{"resourceType":"Basic","code":{"text":"x"}}\n{"resourceType":"Patient","gender":"F"}\n');
  const fine = await cli('validate', good);
  assert.equal(fine.code, 0, fine.err);
  assert.match(fine.out, /1 resources: 0 errors/);
  const wrong = await cli('validate', good, bad);
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /bad\.ndjson:2: error Patient\.gender: .*binding\.required, tier 1/);
});

test('validate applies a named profile and lists must-support elements that were never populated', async () => {
  const patient = file(
    'patient.json',
    '{"resourceType":"Patient","identifier":[{"system":"http://a.example.org","value":"1"}],"name":[{"family":"A"}],"gender":"male"}',
  );
  const found = await cli('validate', '--profile', 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient', '--coverage', patient);
  assert.equal(found.code, 0, found.out);
  assert.match(found.out, /Patient\.birthDate is must-support and was never populated in 1 resources/);
  const absent = await cli('validate', '--package', 'org.example.none#1.0.0', patient);
  assert.equal(absent.code, 3);
  assert.match(absent.err, /is not in .*packages/);
});
