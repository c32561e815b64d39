import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { payerAssay, temporary } from './payer-assay.ts';

const module = (name: string, text: string): string => {
  const file = join(temporary(), name);
  writeFileSync(file, text);
  return file;
};
const row = (id: string, text = 'x'): string =>
  `{ id: '${id}', level: 'SHALL', text: '${text}', source: { ig: 'a', version: '', url: '', section: 's' }, lines: ['L1'], scenarios: ['S1'],
     judge: () => ({ outcome: 'not-applicable', reason: 'sample' }), faults: [{ name: 'f', at: 'metadata' }] }`;

test('a private check is judged, stored with its words, quoted by the reports and judged again by regrade', async () => {
  const file = module('own.mjs', `export const checks = [${row('acme.house', 'The house rule.')}];`);
  const out = join(temporary(), 'out');
  const run = await payerAssay('run', '--embedded', '--with', file, '--only', 'acme.house', '--out', out);
  assert.notEqual(run.code, 3, run.stderr);
  const stored = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as { own: { id: string }[]; verdicts: { requirement: string }[] };
  assert.deepEqual(
    stored.own.map(({ id }) => id),
    ['acme.house'],
  );
  assert.deepEqual(
    stored.verdicts.map(({ requirement }) => requirement),
    ['acme.house'],
  );
  assert.match(readFileSync(join(out, 'conformance.html'), 'utf8'), /The house rule\./);
  assert.match((await payerAssay('regrade', out, '--with', file)).stdout, /1 verdicts, 0 changed/);
});

test('a module that cannot be used is refused in words', async () => {
  const refused = async (file: string): Promise<string> => {
    const { code, stderr } = await payerAssay('run', '--embedded', '--with', file);
    assert.equal(code, 3);
    return stderr;
  };
  assert.match(await refused('/nowhere/own.mjs'), /--with \/nowhere\/own\.mjs cannot be loaded/);
  assert.match(await refused(module('empty.mjs', 'export const x = 1;')), /adds nothing: export a list named "checks"/);
  assert.match(await refused(module('odd.mjs', 'export const checks = [{ id: "acme.x" }];')), /acme\.x is not a check: it needs id, level/);
  assert.match(
    await refused(module('taken.mjs', `export const checks = [${row('cc3.metadata.available')}];`)),
    /the id cc3\.metadata\.available is taken/,
  );
});
