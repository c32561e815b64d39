import { writeFileSync } from 'node:fs';
import { pages } from './docs/pages.ts';

/** Writes the pages about the catalogue. Usage: `npm run docs`; a test fails while they are out of step. */
for (const [name, text] of Object.entries(pages())) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
  console.log(`docs/${name}: ${text.split('\n').length} lines`);
}
