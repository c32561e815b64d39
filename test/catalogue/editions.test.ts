import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { countsOf, editionsOf } from '../../scripts/docs/editions.ts';
import { type Guide, guides } from '../../src/core/guides.ts';

/** How many rows hold for each published edition of each guide, and at which level: a range that is set wrongly shows here. */
const path = new URL('editions.json', import.meta.url);

test('the rows of each published edition are as many as they were', () => {
  const seen = Object.fromEntries(Object.values<Guide>(guides).flatMap(editionsOf));
  if (process.env['UPDATE_EDITIONS'] === '1') {
    const lines = Object.entries(seen).map(([edition, counts]) => `  ${JSON.stringify(edition)}: ${JSON.stringify(counts)}`);
    writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`);
  }
  assert.deepEqual(
    seen,
    JSON.parse(readFileSync(path, 'utf8')),
    'rows begin or end with another edition: look at each, then run again with UPDATE_EDITIONS=1',
  );
});

test('every published edition has rows', () => {
  for (const guide of Object.values<Guide>(guides))
    for (const version of guide.versions) assert.ok(Object.keys(countsOf(guide, version)).length > 0, `${guide.id}@${version} applies to nothing`);
});

test('a ballot is the beginning of no row: what a ballot adds would bind payers of a published edition that numbers higher', () => {
  const ranges = checks.flatMap(({ id, holds = [] }) => holds.map(({ from = '' }) => ({ id, from })));
  assert.deepEqual(
    ranges.filter(({ from }) => from.includes('ballot')),
    [],
  );
});
