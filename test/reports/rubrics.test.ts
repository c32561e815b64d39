import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { discoveryScore, identityScore, rubricRows } from '../../src/core/rubric/by-verdicts.ts';
import { verdict } from './sample.ts';

const pass = (id: string) => verdict(id, { outcome: 'pass' });
const fail = (id: string) => verdict(id, { outcome: 'fail', expected: 'a', actual: 'b', exchange: 0 });

test('rubrics add up to 10 and 12 points when everything holds', () => {
  const all = rubricRows.map(pass);
  assert.deepEqual([discoveryScore(all).points, discoveryScore(all).max], [10, 10]);
  assert.deepEqual([identityScore(all).points, identityScore(all).max], [12, 12]);
});

test('one broken row costs its criterion, and what was not judged is open', () => {
  const score = identityScore([pass('id.mm.no-match'), pass('id.authz.compartment'), fail('id.authz.include-leak')]);
  assert.deepEqual([score.points, score.judged], [1, 4]);
  assert.equal(score.criteria.find((each) => each.state === 'missed')?.broken, 'id.authz.include-leak');
});

const catalogue = ['../shared/design/requirements.json', '../shared/design/requirements.extra.json'].map(
  (path) => new URL(`../../${path}`, import.meta.url),
);
test('every row that a rubric rests on is in the catalogue', {
  skip: catalogue.every((path) => existsSync(path)) ? false : 'the design catalogue is not beside this clone',
}, () => {
  const ids = new Set(catalogue.flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as { id: string }[]).map((row) => row.id)));
  assert.deepEqual(
    rubricRows.filter((row) => !ids.has(row)),
    [],
  );
});
