import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { judgesOnly } from './slim.ts';

const entry = fileURLToPath(new URL('../../suites/load/main.ts', import.meta.url));

/**
 * Bundles the load script with the catalogue's judges into one file that k6 runs. Always `.js`: k6 strips types itself from a `.ts` name and hangs
 * on syntax it does not know. Answers the file's path; throws with esbuild's own words.
 */
export async function bundleLoad(folder: string): Promise<string> {
  const outfile = join(folder, 'load.js');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    // A ConfigMap holds 1 MiB, and the plan must fit in beside the bundle.
    minify: true,
    external: ['k6', 'k6/*'],
    plugins: [judgesOnly],
    logLevel: 'silent',
  });
  return outfile;
}
