import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Run } from '../../src/core/model.ts';
import { payerAssay, temporary } from './payer-assay.ts';

test('run --downloads keeps every file of an export, whole, where the run says', async () => {
  const folder = temporary();
  const [out, downloads] = [join(folder, 'out'), join(folder, 'files')];
  const { code, stderr } = await payerAssay('run', '--embedded', '--grep', 'bulk.file.accessible', '--out', out, '--downloads', downloads);
  assert.equal(code, 0, stderr);
  const run = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Run;
  const saved = run.exchanges.filter((each) => each.step === 'bulk.file' && typeof each.facts?.['file.saved'] === 'string');
  assert.ok(saved.length >= 3);
  for (const { facts } of saved) {
    const text = readFileSync(join(downloads, String(facts?.['file.saved'])), 'utf8');
    assert.equal(text.split('\n').filter((line) => line !== '').length, facts?.['file.lines']);
  }
  assert.ok(readdirSync(downloads).includes('group'), 'one folder for each export');
});
