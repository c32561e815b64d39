import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionsOf } from '../../scripts/docs/library.ts';
import * as assay from '../../src/index.ts';

const documented = sectionsOf().flatMap(([, names]) => names);

test('everything that the library exports has a comment', () => {
  assert.ok(documented.length > 150);
  assert.deepEqual(
    documented.filter(({ text }) => text.length < 10).map(({ name, file }) => `${name} (${file})`),
    [],
  );
});

test('docs/library.md leaves out nothing that can be imported', () => {
  const names = new Set(documented.map(({ name }) => name));
  assert.deepEqual(
    Object.keys(assay).filter((name) => !names.has(name)),
    [],
  );
});

test('a suite and a check can be written with what is exported', () => {
  for (const name of ['Stop', 'Skip', 'onFirst', 'onEach', 'check', 'fail', 'select', 'group', 'asked', 'read', 'headers'])
    assert.ok(name in assay, name);
});
