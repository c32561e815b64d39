import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { bundleLoad } from '../../src/load/bundle.ts';
import { withoutTheRest } from '../../src/load/slim.ts';
import { allFamilies, judgesOf } from '../../suites/load/lib/judges.ts';

/** What k6 gets of the catalogue: every judge, and nothing that judging does not need. */

/** Times are judged by the statistics of a load, and nobody launches apps in one. */
const isUnderLoad = ({ id }: { readonly id: string }): boolean => !/^(time|app)\./.test(id);

test('every check but those of time and of launched apps has its judge under load', async () => {
  const judges = await judgesOf(allFamilies);
  const expected = checks.filter(isUnderLoad).map(({ id }) => id);
  assert.deepEqual([...judges.keys()].sort(), [...expected].sort());
});

test('the bundle holds ids and judges, no texts and no faults', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bundle-'));
  try {
    const code = await readFile(await bundleLoad(folder), 'utf8');
    const missing = checks.filter((each) => isUnderLoad(each) && !code.includes(`"${each.id}"`)).map(({ id }) => id);
    assert.deepEqual(missing, []);
    const told = checks.filter(
      ({ text, faults }) => code.includes(text) || faults.some(({ name }) => name.length > 12 && code.includes(`"${name}"`)),
    );
    assert.deepEqual(
      told.map(({ id }) => id),
      [],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('only literals that are a check or an area are cut, whatever stands in them', () => {
  const check = "const a = [{ id: 'x', text: 'a, b }', judge: (e) => ({ text: e }), faults: [{ judge: 1, text: 2 }] }];";
  assert.equal(withoutTheRest(check), "const a = [{ id: 'x', judge: (e) => ({ text: e }), }];");
  assert.equal(withoutTheRest('x({ ...about, source, checks, excluded: [], variations })'), 'x({ ...about, source, checks, })');
  assert.equal(withoutTheRest("({ text: 'kept', fault: [] })"), "({ text: 'kept', fault: [] })");
});
