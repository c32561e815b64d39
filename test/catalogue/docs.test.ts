import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pages } from '../../scripts/docs/pages.ts';

for (const [name, text] of Object.entries(pages()))
  test(`docs/${name} is up to date with the catalogue`, () => {
    const there = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8').split('\n');
    const line = text.split('\n').findIndex((each, index) => each !== there[index]);
    assert.equal(line === -1 && text.split('\n').length === there.length, true, `line ${line + 1} differs; run: npm run docs`);
  });
