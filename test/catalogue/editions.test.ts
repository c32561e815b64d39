import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { sideOf } from '../../src/core/binding.ts';
import { editionOf, type Guide, guides } from '../../src/core/guides.ts';
import type { Level } from '../../src/core/model.ts';

/** How many rows hold for each published edition of each guide, and at which level: a range that is set wrongly shows here. */
const path = new URL('editions.json', import.meta.url);

type Counts = Partial<Record<Level, number>>;

function countsOf(guide: Guide, version: string, id: string = guide.id): Counts {
  const edition = editionOf(guide, version, id);
  const counts: Counts = {};
  for (const { holds, level } of checks) {
    const hold = holds?.find((each) => each.ig.id === guide.id && sideOf(each, edition) === 'within');
    if (hold) counts[hold.level ?? level] = (counts[hold.level ?? level] ?? 0) + 1;
  }
  return counts;
}

test('the rows of each published edition are as many as they were', () => {
  const seen = Object.fromEntries(
    Object.values<Guide>(guides).flatMap((guide) => [
      ...guide.versions.map((version) => [`${guide.id}@${version}`, countsOf(guide, version)] as const),
      ...(guide.moved?.versions ?? []).map((version) => [`${guide.moved?.id}@${version}`, countsOf(guide, version, guide.moved?.id)] as const),
    ]),
  );
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
