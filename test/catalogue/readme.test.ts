import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { faults } from '../../checks/injections.ts';
import * as library from '../../src/index.ts';

/** What the pages for readers promise must be there. */
const root = new URL('../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const pages = ['README.md', 'CONTRIBUTING.md', 'docs/access.md', 'docs/architecture.md', 'docs/bulk.md', 'docs/reports.md', 'docs/trust.md'];

test('the worked target file is a valid one', () => {
  const [, block = ''] = /```json\n([\s\S]*?)```/.exec(read('README.md')) ?? [];
  const { $schema, ...target } = JSON.parse(block);
  assert.ok(existsSync(new URL($schema, root)));
  assert.deepEqual(library.problemsOf(target), []);
});

test('what the library example imports is exported', () => {
  const [, names = ''] = /import \{ (.*?) \} from 'payer-assay'/.exec(read('README.md')) ?? [];
  for (const name of names.split(', ')) assert.ok(name in library, `${name} is not exported`);
});

for (const page of pages)
  test(`links and faults of ${page} lead somewhere`, () => {
    const text = read(page);
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) assert.ok(existsSync(new URL(link, new URL(page, root))), link);
    for (const [, id] of text.matchAll(/--fault ([a-z0-9.-]+\/[a-z0-9-]+)/g))
      assert.ok(
        faults.some((injection) => injection.id === id),
        `${id} is no fault`,
      );
  });
