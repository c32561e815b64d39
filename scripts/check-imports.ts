import { dirname, join, normalize } from 'node:path';
import { type Law, laws } from './import-law.ts';
import { importsOf, sources } from './sources.ts';

/** Fails when a file imports what its folder may not. Part of `npm run check`. */
const lawOf = (path: string): Law | undefined =>
  laws.filter(({ folder }) => path.startsWith(`${folder}/`)).sort((a, b) => b.folder.length - a.folder.length)[0];

const broken: string[] = [];
for (const file of sources()) {
  const law = lawOf(file);
  if (!law) {
    if (file.includes('/'))
      broken.push(`${file}: no law in scripts/import-law.ts covers this folder. Add one that says what it may import, and why.`);
    continue;
  }
  for (const name of importsOf(file)) {
    if (!name.startsWith('.')) {
      if (law.pure && !law.packages?.some((each) => name === each || name.startsWith(`${each}/`)))
        broken.push(`${file} imports ${name}: ${law.folder} is pure (${law.why}). Establish such facts in src/enrich instead.`);
      continue;
    }
    const path = normalize(join(dirname(file), name));
    const otherLaw = lawOf(path);
    const other = otherLaw?.folder ?? path;
    if (otherLaw?.entry !== undefined && other !== law.folder && file.startsWith('src/') && path !== `${other}/${otherLaw.entry}`)
      broken.push(
        `${file} imports ${path}: of ${other} only ${otherLaw.entry} may be imported (${otherLaw.why}). Export it there, if it must be seen.`,
      );
    if (law.may !== 'anything' && other !== law.folder && !law.may.includes(other))
      broken.push(`${file} imports ${path}: ${law.folder} may import ${law.may.join(', ') || 'only itself'} (${law.why}).`);
  }
}
for (const line of broken) console.error(line);
console.log(`imports: ${broken.length} break the law`);
process.exitCode = broken.length > 0 ? 1 : 0;
