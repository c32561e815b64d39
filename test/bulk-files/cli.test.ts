import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { payerAssay } from '../cli/payer-assay.ts';
import { condition, folderWith, lines, patient } from './files.ts';

const files = {
  'data/Patient.ndjson': lines(patient('a'), patient('b')),
  'data/Condition.ndjson': lines(condition('k', 'a'), condition('l', 'ghost'), '{'),
};

test('validate FOLDER names file, line, byte and rule, and what does not close', async (t) => {
  const folder = folderWith(t, files);
  const { code, stdout } = await payerAssay('validate', join(folder, 'data'));
  assert.equal(code, 1);
  assert.match(stdout, /error line\.split: 1\n {2}Condition\.ndjson:3 \(byte 152\): /);
  assert.match(stdout, /warning references\.closed: 1 differ.*\n {2}Patient\/ghost is not there; referred to in Condition\.ndjson line 2/);
  assert.match(stdout, /2 files, 5 lines/);
});

test('shards on several machines and their merge end as the single run does', async (t) => {
  const folder = folderWith(t, files);
  const data = join(folder, 'data');
  const parts = ['0', '1'].map((index) => join(folder, `part-${index}`));
  for (const [index, out] of parts.entries()) assert.equal((await payerAssay('validate', data, '--shard', `${index}/2`, '--out', out)).code, 0);
  const [whole, merged] = await Promise.all([
    payerAssay('validate', data, '--json'),
    payerAssay('merge', ...parts, '--out', join(folder, 'whole'), '--json'),
  ]);
  assert.equal(merged.code, 1, merged.stderr);
  const { plan: _plan, shards: _shards, ...expected } = JSON.parse(whole.stdout) as Record<string, unknown>;
  const { plan: _other, shards: _all, ...seen } = JSON.parse(merged.stdout) as Record<string, unknown>;
  assert.deepEqual(seen, expected);
  assert.ok(existsSync(join(folder, 'whole', 'validation.json')));
});

test('--profiles judges by the profiles too', async (t) => {
  const folder = folderWith(t, { 'Patient.ndjson': lines('{"resourceType":"Patient","id":"a","gender":"F"}') });
  const path = join(folder, 'Patient.ndjson');
  const { code, stdout } = await payerAssay('validate', path, '--profiles');
  assert.equal(code, 1);
  assert.match(stdout, /error binding\.required: 1\n {2}Patient\.ndjson:1 \(byte 0\): Patient\.gender: /);
});

test('what a manifest calls an error holds OperationOutcomes; one that lists nothing, and a file without a resource, are no pass', async (t) => {
  const manifest = (more: object): string =>
    JSON.stringify({
      transactionTime: '2026-01-01T00:00:00Z',
      request: 'http://a.example/$export',
      requiresAccessToken: true,
      output: [],
      error: [],
      ...more,
    });
  const folder = folderWith(t, {
    'wrong/manifest.json': manifest({ error: [{ type: 'OperationOutcome', url: 'http://a.example/e.ndjson' }] }),
    'wrong/e.ndjson': lines(patient('a')),
    'nothing/manifest.json': manifest({}),
    'Patient.ndjson': '\n\n',
  });
  const ask = (path: string) => payerAssay('validate', join(folder, path));
  const [wrong, nothing, blank] = await Promise.all([ask('wrong/manifest.json'), ask('nothing/manifest.json'), ask('Patient.ndjson')]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /error file\.type: 1/);
  assert.deepEqual([nothing.code, blank.code], [2, 2]);
  assert.match(nothing.stdout, /The manifest lists no file/);
  assert.match(blank.stdout, /Not one resource was read/);
});

test('what cannot be done is said before anything is read', async (t) => {
  const folder = folderWith(t, { 'Patient.ndjson': lines(patient('a')), 'empty/readme.txt': '' });
  const path = join(folder, 'Patient.ndjson');
  const cases: readonly [readonly string[], RegExp][] = [
    [['--shard', '0/2', path], /--shard needs --out/],
    [['--shard', '2/2', path], /Expected e\.g\. 0\/8/],
    [['--out', join(folder, 'o'), '--coverage', path], /one path at a time/],
    [[join(folder, 'empty')], /holds no file that ends in \.ndjson/],
    [['--profiles', join(folder, 'absent.ndjson')], /it does not exist/],
    [['--package', 'org.example.none#1.0.0', path], /is not in/],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr } = await payerAssay('validate', ...args);
    assert.equal(code, 3, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /at .*\.ts:\d+/);
  }
});
