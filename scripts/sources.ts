import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Our own TypeScript files, tracked or new, by path from the root. */
export const sources = (): readonly string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && !path.endsWith('.d.ts'));

const importing =
  /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

/** What a file imports, as it is written there: at once, for its effect, or on demand. */
export const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(importing)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '');
