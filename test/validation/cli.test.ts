import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
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
  const guide = file('guide.tgz', tgz({ 'package/package.json': '{"name":"org.example.guide","version":"1.0.0","fhirVersions":["4.0.1"]}' }));
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
  assert.match(fine.out, /1 resource: 0 errors/);
  const wrong = await cli('validate', good, bad);
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /bad\.ndjson:2: error Patient\.gender: .*binding\.required, tier 1/);
});

for (const [name, content, rule] of [
  ['gz.json', gzipSync('{"resourceType":"Basic"}'), /gzip file.*Unpack it first.*file\.gzip/],
  ['xml.json', '<Patient xmlns="http://hl7.org/fhir"/>', /This is XML.*Accept: application\/fhir\+json.*file\.xml/],
  ['empty.json', '', /The file is empty.*file\.empty/],
  ['array.json', '[{"resourceType":"Basic"}]', /a JSON array of 1.*Bundle.*file\.kind/],
  ['null.json', 'null', /This is null.*file\.kind/],
  ['latin1.json', Buffer.from('{"resourceType":"Basic","code":{"text":"M\u00fcller"}}', 'latin1'), /not UTF-8, the first at byte 41.*file\.encoding/],
  ['utf16.json', Buffer.from('\ufeff{}', 'utf16le'), /UTF-16.*file\.encoding/],
] as const)
  test(`validate says what ${name} is and what to do`, async () => {
    const said = await cli('validate', file(name, content));
    assert.equal(said.code, 1, said.err);
    assert.match(said.out, rule);
  });

test('validate: a byte order mark is a warning, control characters are shown and not sent, and an absent profile has a next step', async () => {
  const bom = await cli('validate', file('bom.json', '\ufeff{"resourceType":"Basic","code":{"text":"x"}}'));
  assert.equal(bom.code, 0, bom.out);
  assert.match(bom.out, /warning The text starts with a byte order mark/);
  const colours = await cli('validate', file('esc.json', '{"resourceType":"Patient","gender":"\\u001b[31mRED\\u0007"}'));
  assert.match(colours.out, /\[U\+001B\]\[31mRED\[U\+0007\]/);
  assert.ok(![...colours.out].some((sign) => sign < ' ' && sign !== '\n'));
  const absent = await cli(
    'validate',
    file('profile.json', '{"resourceType":"Basic","meta":{"profile":["http://a.example.org/p"]},"code":{"text":"x"}}'),
  );
  assert.match(absent.out, /is in no loaded package[\s\S]*--package ID#VERSION/);
});

test('an --authority that cannot be asked is not agreement', async () => {
  const said = await cli('validate', '--authority', 'http://127.0.0.1:1', file('fine.json', '{"resourceType":"Basic","code":{"text":"x"}}'));
  assert.equal(said.code, 2, said.out);
  assert.match(said.err, /Not run: tier 2/);
});

test('bulk files: on nothing nothing agrees, and types that only the schema knows are none', async () => {
  const empty = await cli('validate', file('Patient.ndjson', ''));
  assert.equal(empty.code, 2, empty.out);
  assert.match(empty.out, /not asked types\.pure[\s\S]*not asked ids\.unique[\s\S]*nothing was judged/);
  const bot = await cli('validate', file('Bot.ndjson', '{"resourceType":"Bot","id":"b1"}\n'));
  assert.equal(bot.code, 1, bot.out);
  const mixed = await cli('validate', file('all.ndjson', '{"resourceType":"Basic","id":"b1","code":{"text":"x"}}\n'));
  assert.match(mixed.out, /not asked types\.pure: no file with resources says/);
});

test('ig: a name without version and a package that is no FHIR package are refused in words', async () => {
  const plain = await cli('validate', '--package', 'hl7.fhir.us.core', file('one.json', '{"resourceType":"Basic"}'));
  assert.match(plain.err, /names no version\. Expected ID#VERSION/);
  const other = await cli('ig', 'add', file('other.tgz', tgz({ 'package/package.json': '{"name":"left-pad","version":"1.0.0"}' })));
  assert.equal(other.code, 3);
  assert.match(other.err, /no FHIR package/);
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
