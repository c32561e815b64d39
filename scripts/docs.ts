import { writeFileSync } from 'node:fs';
import { pages } from './docs/pages.ts';
import { feedsPage, honestRun } from './feeds.ts';

/** Writes the pages about the catalogue. Usage: `npm run docs`; a test fails while they are out of step. */
for (const [name, text] of Object.entries(pages())) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
  console.log(`docs/${name}: ${text.split('\n').length} lines`);
}

writeFileSync(new URL('../src/run/feeds.json', import.meta.url), feedsPage(await honestRun()));
console.log('src/run/feeds.json: which suites each requirement reads');
