import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sources } from '../../scripts/sources.ts';

const namesIn = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^ {2}(?:readonly )?'([\w.-]+)'\?:/gm)].map(([, name]) => name ?? '');
const texts = sources()
  .filter((file) => !file.startsWith('test/') && !file.startsWith('src/core/facts.ts') && !file.startsWith('src/core/notes.ts'))
  .map((file) => [file, readFileSync(file, 'utf8')] as const);
const filesWith = (pattern: RegExp): readonly string[] => texts.filter(([, text]) => pattern.test(text)).map(([file]) => file);
const quoted = (name: string): string => name.replaceAll('.', '\\.');

test('every declared note is written by somebody and read by somebody', () => {
  const names = namesIn('src/core/notes.ts');
  assert.ok(names.length > 10);
  for (const name of names) {
    assert.notDeepEqual(filesWith(new RegExp(`notes\\['${quoted(name)}'\\] (?:\\?\\?)?= `)), [], `nobody writes the note ${name}`);
    assert.notDeepEqual(filesWith(new RegExp(`notes\\['${quoted(name)}'\\](?! = )`)), [], `nobody reads the note ${name}`);
  }
});

test('every declared fact is written where its comment says: by the client, an enricher, a suite or the scripted payer', () => {
  const names = namesIn('src/core/facts.ts');
  assert.ok(names.length > 40);
  const writers = /^(src\/client|src\/client-side|src\/enrich|suites|mocks\/client)\//;
  for (const name of names)
    assert.ok(
      filesWith(new RegExp(`'${quoted(name)}':`)).some((file) => writers.test(file)),
      `nobody writes the fact ${name}`,
    );
});
