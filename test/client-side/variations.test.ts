import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clientVariations, notGone } from '../../src/client-side/own/variations/index.ts';
import { complaints, playVariations } from '../../src/client-side/own/variations/run.ts';

const mostAgain = 5;

/** Each by itself, with controls of its own: node scripts/client-variations.ts [ID ...]. */
test('legal variations of a client: none fails a row, and each was seen on the wire', async (t) => {
  const { signal } = new AbortController();
  const tried = await playVariations(clientVariations, { signal });
  let again = 0;
  for (const each of tried)
    await t.test(`${each.variation.ids.join(', ')}: ${each.variation.text}`, async (alone) => {
      const first = complaints(each);
      // All play at once, within windows of time: what a busy machine hides is tried once more, alone, and it is said. More than a few are no accident.
      if (first.length === 0 || again++ >= mostAgain) return assert.deepEqual(first, []);
      alone.diagnostic(`once more, alone: ${first.join('; ')}`);
      const second = await playVariations([each.variation], { signal });
      assert.equal(second.length, 1);
      assert.deepEqual(second.flatMap(complaints), []);
    });
});

test('all 81 variations of the list are gone, and a part that is not has a reason', () => {
  const gone = new Set(clientVariations.flatMap(({ ids }) => ids));
  assert.deepEqual(
    Array.from({ length: 81 }, (_, nth) => `cv-${String(nth + 1).padStart(2, '0')}`).filter((id) => !gone.has(id)),
    [],
  );
  assert.equal(gone.size, 81);
  for (const { id, part, reason } of notGone) assert.ok(gone.has(id) && part !== '' && reason.length > 20, id);
});

const list = new URL('../../../shared/design/client/variations.json', import.meta.url);
test('each variation is held to the rows that the list names for it', { skip: existsSync(list) ? false : 'the list is not on this machine' }, () => {
  const named = JSON.parse(readFileSync(list, 'utf8')) as readonly { readonly id: string; readonly rows: readonly string[] }[];
  for (const { id, rows } of named) {
    const held = new Set(clientVariations.filter(({ ids }) => ids.includes(id)).flatMap((each) => each.rows));
    assert.deepEqual(
      rows.filter((row) => !held.has(row)),
      [],
      id,
    );
  }
});
