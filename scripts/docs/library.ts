import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sources } from '../sources.ts';
import { cell } from './cell.ts';

/** docs/library.md, out of the entry points and the comments of what they export. Names by section, so that a test can ask for those without a comment. */

export interface Documented {
  readonly name: string;
  readonly kind: string;
  readonly text: string;
  readonly file: string;
}

const definition = (name: string): RegExp =>
  new RegExp(`(?:/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*)?^export (?:async )?(const|function|interface|type|class) ${name}\\b`, 'm');

const firstSentences = (comment: string): string =>
  comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

function find(name: string, file: string): Documented {
  const others = sources().filter((path) => path !== file && /^(src|checks|suites|reports|mocks)\//.test(path));
  for (const path of [file, ...others]) {
    const found = definition(name).exec(readFileSync(path, 'utf8'));
    if (found) return { name, kind: found[2] ?? '', text: firstSentences(found[1] ?? ''), file: path };
  }
  throw new Error(`${name} is exported by the library, but no file defines it.`);
}

const namesIn = (list: string): readonly string[] =>
  list.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim().replace(/^type /, '')]));

const order = ['catalogue', 'checks', 'judges', 'faults', 'suites', 'running', 'reports', 'payer'] as const;

/** Sections of the library, one file each below src/library, and the nouns. Throws when a file is left out here. */
export function sectionsOf(folder = 'src/library'): readonly (readonly [heading: string, names: readonly Documented[]])[] {
  const known = readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));
  const missing = known.filter((name) => !order.some((each) => each === name));
  if (missing.length > 0) throw new Error(`scripts/docs/library.ts names no place for src/library/${missing.join(', ')}.`);
  const sections = order.map((name) => {
    const file = join(folder, `${name}.ts`);
    return [/^\/\*\* (.*)\. \*\//.exec(readFileSync(file, 'utf8'))?.[1] ?? name, exportsOf(file)] as const;
  });
  return [...sections, ['The nouns', leaves('src/core/model.ts')]];
}

/** All types behind a barrel. */
function leaves(barrel: string): readonly Documented[] {
  return [...readFileSync(barrel, 'utf8').matchAll(/export type \* from '([^']+)'/g)].flatMap(([, from = '']) => {
    const file = join(dirname(barrel), from);
    if (!existsSync(file)) return [];
    return [...readFileSync(file, 'utf8').matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => find(name, file));
  });
}

/** What `src/testing.ts` exports. */
const testing = (): readonly Documented[] =>
  [...readFileSync('src/testing.ts', 'utf8').matchAll(/^export (?:async )?(?:const|function|interface) (\w+)/gm)].map(([, name = '']) =>
    find(name, 'src/testing.ts'),
  );

/** What `src/playwright/index.ts` exports. */
const playwright = (): readonly Documented[] => exportsOf('src/playwright/index.ts');

/** Everything that a file hands on from others. */
function exportsOf(file: string): readonly Documented[] {
  return [...readFileSync(file, 'utf8').matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)].flatMap(([, list = '', from = '']) =>
    namesIn(list).map((each) => find(each, join(dirname(file), from))),
  );
}

const table = (rows: readonly Documented[]): string =>
  `| name | | what it is |\n|---|---|---|\n${rows
    .map(({ name, kind, text, file }) => `| [\`${name}\`](../${file}) | ${kind} | ${cell(text)} |`)
    .join('\n')}\n`;

export const libraryPage = (): string => `# Library

Written by \`npm run docs\` from src/index.ts, src/testing.ts, src/playwright/index.ts and the comments of what they export; do not edit.
[examples/](../examples) shows a private check and a private suite in a repository of their own, and the embedded payer in unit tests of node:test and of
Vitest. \`payer-assay run --with ./my-checks.ts\` judges private checks without a line of glue: a module that exports \`checks\`, \`suites\`, or both.

${sectionsOf()
  .map(([heading, rows]) => `## ${heading}\n\n${table(rows)}`)
  .join('\n')}
## payer-assay/testing: the embedded payer in your own unit tests

${table(testing())}
## payer-assay/playwright: each requirement a test of Playwright

[docs/playwright.md](playwright.md) says how it is used.

${table(playwright())}`;
