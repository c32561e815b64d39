import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { reportFiles } from '../../src/bulk-files/report.ts';
import { longestLine } from '../../src/core/lines.ts';
import { condition, folderWith, lines, patient, seen } from './files.ts';

const good = patient('a');

test('a clean file has no findings, with and without LF at its end, and packed', async (t) => {
  for (const content of [lines(good, patient('b')), `${good}\n${patient('b')}`, gzipSync(lines(good, patient('b')))]) {
    const { rules, report } = await seen(t, content);
    assert.deepEqual(rules, {});
    assert.deepEqual(report.files, [{ bytes: content instanceof Uint8Array ? 72 : content.length, lines: 2, resources: 2 }]);
  }
});

test('an empty file is no fault of its lines', async (t) => {
  const { rules, report } = await seen(t, '');
  assert.deepEqual(rules, {});
  assert.equal(report.files[0]?.lines, 0);
});

test('each defect of the text is a rule of its own, with line and byte', async (t) => {
  const { length } = good;
  const cases: readonly [string, string | Uint8Array, Readonly<Record<string, readonly string[]>>][] = [
    ['CRLF', `${good}\r\n${patient('b')}\n`, { 'line.crlf': ['1@0'] }],
    ['BOM', `\uFEFF${lines(good)}`, { 'line.bom': ['1@0'] }],
    ['blank lines', `${good}\n\n  \n${patient('b')}\n`, { 'line.blank': [`2@${length + 1}`, `3@${length + 2}`] }],
    ['not JSON', lines(good, 'hello'), { 'line.json': [`2@${length + 1}`] }],
    ['split in two', lines('{"resourceType":"Patient",', '"id":"a"}', patient('b')), { 'line.split': ['1@0', '2@27'] }],
    ['cut at the end', `${good}\n{"resourceType":"Pat`, { 'file.cut': [`2@${length + 1}`] }],
    ['no resource', lines('[]', '{"id":"a"}', '7'), { 'resource.none': ['1@0', '2@3', '3@14'] }],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from(`${good}\n`), Buffer.from([0x22, 0xff, 0x22, 10])]),
      { 'line.utf8': [`2@${length + 1}`], 'resource.none': [`2@${length + 1}`] },
    ],
  ];
  for (const [what, content, expected] of cases) assert.deepEqual((await seen(t, content)).rules, expected, what);
});

test('what a file is instead of NDJSON, and what stands between its resources, is said in words', async (t) => {
  const text = lines(good, patient('b'));
  const cases: readonly [string | Uint8Array, RegExp][] = [
    [Buffer.from(`\uFEFF${text}`, 'utf16le'), /^UTF-16;/],
    [Buffer.from(text, 'utf16le'), /^UTF-16;/],
    [gzipSync(gzipSync(text)), /^gzip within gzip;/],
    [deflateSync(text), /^a zlib stream/],
    [Buffer.from('PK\u0003\u0004...'), /^a ZIP archive;/],
    [text.replaceAll('\n', '\r'), /^several resources, with CR between them;/],
    [lines(good + patient('b')), /^perhaps several resources on one line;/],
  ];
  for (const [content, words] of cases) {
    const { report } = await seen(t, content);
    assert.match(report.rules['line.json']?.first[0]?.text ?? JSON.stringify(report.rules), words);
    assert.equal(report.rules['line.crlf'], undefined);
  }
});

test('each defect of a resource is a rule of its own', async (t) => {
  const cases: readonly [string, string, string][] = [
    ['resource.type', '{"resourceType":"Patients","id":"a"}', 'Patients.ndjson'],
    ['resource.id', '{"resourceType":"Patient"}', 'Patient.ndjson'],
    ['resource.id', '{"resourceType":"Patient","id":"a b"}', 'Patient.ndjson'],
    ['file.type', '{"resourceType":"Basic","id":"a","code":{"text":"x"}}', 'Patient.ndjson'],
    ['resource.empty', '{"resourceType":"Patient","id":"a","name":[]}', 'Patient.ndjson'],
    ['reference.form', '{"resourceType":"Patient","id":"a","managingOrganization":{"reference":"the clinic"}}', 'Patient.ndjson'],
    ['reference.type', '{"resourceType":"Patient","id":"a","managingOrganization":{"reference":"Clinic/1"}}', 'Patient.ndjson'],
    ['reference.contained', '{"resourceType":"Patient","id":"a","managingOrganization":{"reference":"#o"}}', 'Patient.ndjson'],
    ['shape.type', '{"resourceType":"Patient","id":"a","multipleBirthInteger":1.5}', 'Patient.ndjson'],
    ['shape.maximum', '{"resourceType":"Patient","id":"a","multipleBirthInteger":2147483648}', 'Patient.ndjson'],
    ['shape.minimum', '{"resourceType":"Patient","id":"a","telecom":[{"system":"phone","value":"1","rank":0}]}', 'Patient.ndjson'],
    ['shape.additionalProperties', '{"resourceType":"Patient","id":"a","nickname":"B"}', 'Patient.ndjson'],
  ];
  for (const [rule, line, name] of cases) {
    const found = await seen(t, lines(line), name);
    assert.ok(found.count(rule) > 0, `${rule} in ${JSON.stringify(found.rules)}`);
  }
});

test('words that look like brackets or references inside strings are no findings', async (t) => {
  const text = JSON.stringify({
    resourceType: 'Patient',
    id: 'a',
    name: [{ text: 'reference: [] {} "reference":"x y"', family: 'reference' }],
    managingOrganization: { reference: 'Organization/1' },
  });
  assert.deepEqual((await seen(t, lines(text))).rules, {});
});

test('a truncated gzip is named once, and the lines before it count', async (t) => {
  const text = lines(...Array.from({ length: 20_000 }, (_, index) => patient(`p${index}-${(index * 2654435761) % 1e9}`)));
  const packed = gzipSync(text);
  const { count, report } = await seen(t, packed.subarray(0, packed.length >> 1));
  assert.equal(count('file.gzip'), 1);
  const found = report.files[0]?.resources ?? 0;
  assert.ok(found > 1000 && found < 20_000, String(found));
});

test('garbage that only starts like gzip is a finding, not a crash', async (t) => {
  const { count } = await seen(t, Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  assert.equal(count('file.gzip'), 1);
});

test('a line of 300 MB is passed over and named; the lines around it are read, in bounded memory', async (t) => {
  const folder = folderWith(t, {});
  const path = join(folder, 'Patient.ndjson');
  const out = createWriteStream(path);
  out.write(lines(patient('before')));
  const part = Buffer.alloc(2 ** 20, 0x78);
  for (let index = 0; index < 300; index++) if (!out.write(part)) await once(out, 'drain');
  out.end(lines('', patient('after'), 'oops'));
  await once(out, 'close');
  const before = process.memoryUsage().rss;
  const report = await reportFiles(path, { threads: 1 });
  assert.deepEqual(
    report.rules['line.too-long']?.first.map(({ line, text }) => [line, text]),
    [[2, `${300 * 2 ** 20 + 1} bytes in one line; we hold ${longestLine}`]],
  );
  assert.equal(report.rules['line.json']?.first[0]?.line, 4);
  assert.deepEqual(report.files[0]?.resources, 2);
  assert.ok(process.memoryUsage().rss - before < 300 * 2 ** 20);
});

test('a resource nested too deep is not verifiable, not a crash', async (t) => {
  const deep = `{"resourceType":"Patient","id":"a","extension":${'[{"extension":'.repeat(60_000)}[]${'}]'.repeat(60_000)}}`;
  const { rules } = await seen(t, lines(deep, patient('b')));
  assert.ok('resource.deep' in rules, JSON.stringify(Object.keys(rules)));
});

test('the same resource in two files is found', async (t) => {
  const folder = folderWith(t, {
    'Patient-1.ndjson': lines(patient('a'), patient('b')),
    'Patient-2.ndjson': lines(patient('a')),
    'Condition.ndjson': lines(condition('a', 'b')),
  });
  const { reconciliation } = await reportFiles(folder, { threads: 1 });
  const once = reconciliation?.find((each) => each.id === 'rows.once');
  assert.deepEqual(once?.first, ['Patient/a is there 2 times, always the same, first Patient-1.ndjson line 1']);
  assert.equal(reconciliation?.find((each) => each.id === 'ids.unique')?.count, 0);
});

test('the first failures of a rule are kept, all are counted', async (t) => {
  const folder = folderWith(t, { 'Patient.ndjson': lines(...Array.from({ length: 5000 }, () => 'x')) });
  const { rules } = await reportFiles(folder, { threads: 2, keep: 3 });
  assert.equal(rules['line.json']?.count, 5000);
  assert.deepEqual(
    rules['line.json']?.first.map(({ line }) => line),
    [1, 2, 3],
  );
});
