import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FilesReport } from '../../src/bulk-files/report.ts';
import type { Run } from '../../src/core/model.ts';
import { payerAssay, temporary } from './payer-assay.ts';

test('run --downloads keeps every file of an export, whole, where the run says', async () => {
  const folder = temporary();
  const [out, downloads] = [join(folder, 'out'), join(folder, 'files')];
  const { code, stderr } = await payerAssay('run', '--embedded', '--only', 'bulk.file.accessible', '--out', out, '--downloads', downloads);
  assert.equal(code, 0, stderr);
  const run = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Run;
  const saved = run.exchanges.filter((each) => each.step === 'bulk.file' && typeof each.facts?.['file.saved'] === 'string');
  assert.ok(saved.length >= 3);
  for (const { facts } of saved) {
    const text = readFileSync(join(downloads, String(facts?.['file.saved'])), 'utf8');
    assert.equal(text.split('\n').filter((line) => line !== '').length, facts?.['file.lines']);
  }
  assert.ok(readdirSync(downloads).includes('group'), 'one folder for each export');

  const path = join(downloads, 'group', 'manifest.json');
  const text = readFileSync(path, 'utf8');
  assert.doesNotMatch(text, /bulk-files|Bearer|\?/, 'neither URLs that may open the files nor parameters that may name people');
  const manifest = JSON.parse(text) as { readonly output: readonly { readonly type: string; readonly url: string; readonly count: number }[] };
  assert.deepEqual(manifest.output.map(({ type }) => type).sort(), ['Coverage', 'ExplanationOfBenefit', 'Patient']);
  if (process.platform !== 'win32')
    for (const file of [path, ...manifest.output.map(({ url }) => join(downloads, 'group', url))])
      assert.equal(statSync(file).mode & 0o777, 0o600, file);

  const validated = await payerAssay('validate', path, '--json');
  const report = JSON.parse(validated.stdout) as FilesReport;
  assert.equal(validated.code, 0, validated.stdout);
  assert.deepEqual(report.reconciliation?.find(({ id }) => id === 'counts.manifest')?.notAsked, undefined, 'counts are compared');
  assert.deepEqual(report.files.length, 3);

  const [first] = manifest.output;
  writeFileSync(path, text.replace(`"count": ${first?.count}`, '"count": 99'));
  const miscounted = await payerAssay('validate', path);
  assert.equal(miscounted.code, 1);
  assert.match(miscounted.stdout, new RegExp(`${first?.url}: ${first?.count}; the manifest says 99`));
});
