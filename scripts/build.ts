import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

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
    onResolve({ filter: /^\./ }, ({ path, kind }) => (kind === 'entry-point' ? undefined : { path: toJs(path), external: true }));
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const { readFile } = await import('node:fs/promises');
      const source = await readFile(path, 'utf8');
      return { contents: source.replace(/(new URL\((?:'[^']*|`[^`]*))\.ts(['`], import\.meta\.url\))/g, '$1.js$2'), loader: 'ts' };
    });
  },
};

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints,
  outdir: 'dist',
  outbase: '.',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node22.20',
  plugins: [keepTree],
  logLevel: 'warning',
});
for (const path of beside) {
  mkdirSync(join('dist', dirname(path)), { recursive: true });
  copyFileSync(path, join('dist', path));
}
// Declarations for those who use the library from TypeScript.
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
console.log(`dist: ${entryPoints.length} modules, ${beside.length} files beside them`);
