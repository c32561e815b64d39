import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sources } from '../../scripts/sources.ts';

/** What readers see is plain present-day English (docs/glossary.md). These phrases were in it once, and a reader with English as a second language stumbled. */
const phrases: readonly (readonly [banned: RegExp, plain: string])[] = [
  [/\b[Mm]end(s|ed)?\b/, 'Fix: ...; correct'],
  [/\bheld? against\b/i, 'compared with'],
  [/\bnone of it may be held\b/, 'must not be reported as a failure'],
  [/\b(cannot|could|can) be had\b|\b(was|were) not had\b/, 'is (not) available; could not be downloaded'],
  [/\bno leave to\b/, 'is not allowed'],
  [/\b(is|are) told\b|\btold apart\b|\btell apart\b|\bbe told from\b/, 'reported; distinguished'],
  [/\bstands? (in|beside|at|there|above) (the|a|an|our|its|it|his)\b/, 'is written in; is next to'],
  [/\bis no scenario\b|\b(is|are) none of (R4|ours|our)\b/, 'is not a ...'],
  [/\bowed a\b|\bwhat (it|we) owes?\b/, 'must be cleaned up'],
  [/\bhangs? on (it|the)\b/, 'depends on'],
  [/\bbefalls?\b/, 'happens to'],
  [/\bfor want of\b/, 'because ... is missing'],
  [/\bfor a no\b/, 'as not allowed'],
  [/\bbinds nobody\b/, 'applies to nobody'],
  [/\bas dear as\b|\boftener\b|\bin vain\b|\bfor ever\b/, 'as expensive; more often; without result; permanently'],
  [/\b(limits?|defects?) of ours\b/, 'our limit; our bug'],
  [/\bspeaks? against\b/, 'may violate'],
  [/\bheeds?\b/, 'takes into account'],
  [/\bthe press of\b|\bat rest\b/, 'under load; without load'],
  [/\band its kin\b/, 'and related operations'],
  [/\bin step\b/, 'up to date'],
];

/** Strings, comments and names alike; without the sentences of requirements, which are quoted as they were given, and without patterns, which look for words of others. */
const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => !/^\s*(text: |\/\S.*\/[a-z]*,?$)/.test(line));

const found = (file: string, texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) =>
    phrases.flatMap(([banned, plain]) =>
      banned.test(text) ? [`${file}: ${banned.exec(text)?.[0]} (${plain}) in ${text.trim().slice(0, 160)}`] : [],
    ),
  );

test('no string, comment or title of a test has a phrase that was replaced by plain words', () => {
  const files = [...sources().filter((file) => !file.endsWith('catalogue/words.test.ts')), ...globSync('scripts/**/*.mjs'), ...globSync('bin/*.js')];
  assert.ok(files.length > 400);
  assert.deepEqual(
    files.flatMap((file) => found(file, linesOf(readFileSync(file, 'utf8')))),
    [],
  );
});

test('nor has a page of the documentation, a schema or a template of the reports', () => {
  const files = [
    ...globSync('docs/*.md').filter((file) => !/requirements|faults|variations/.test(file)),
    ...globSync('schemas/*.json'),
    ...globSync('reports/templates/*.hbs'),
    'README.md',
    'CONTRIBUTING.md',
    'examples/README.md',
  ];
  assert.ok(files.length > 15);
  assert.deepEqual(
    files.flatMap((file) => found(file, readFileSync(file, 'utf8').split('\n'))),
    [],
  );
});

test('the check itself sees a phrase', () => {
  assert.equal(found('x', linesOf("// a limit of ours\nconst a = 'a limit of ours';\ntext: 'a limit of ours'")).length, 2);
});
