import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { discoveryScore, rubricRows } from '../../src/core/rubric/discovery.ts';
import { verdict } from './sample.ts';

const pass = (id: string) => verdict(id, { outcome: 'pass' });
const fail = (id: string) => verdict(id, { outcome: 'fail', expected: 'a', actual: 'b', exchange: 0 });

test('rubric 4 adds up to 10 points when everything holds', () => {
  const { points, judged, max } = discoveryScore(rubricRows.map(pass));
  assert.deepEqual([points, judged, max], [10, 10, 10]);
});

test('one broken row costs its criterion, and what was not judged is open', () => {
  const score = discoveryScore([pass('cc1.fast.address-live'), pass('cc2.udap.signed.x5c'), fail('cc2.udap.signed.exp')]);
  assert.deepEqual([score.points, score.judged], [1, 3]);
  assert.equal(score.criteria.find((each) => each.state === 'missed')?.broken, 'cc2.udap.signed.exp');
});

const catalogue = ['../shared/design/requirements.json', '../shared/design/requirements.extra.json'].map(
  (path) => new URL(`../../${path}`, import.meta.url),
);
test('every row that rubric 4 rests on is in the catalogue', {
  skip: catalogue.every((path) => existsSync(path)) ? false : 'the design catalogue is not beside this clone',
}, () => {
  const ids = new Set(catalogue.flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as { id: string }[]).map((row) => row.id)));
  assert.deepEqual(
    rubricRows.filter((row) => !ids.has(row)),
    [],
  );
});
