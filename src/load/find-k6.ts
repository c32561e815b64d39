import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Run } from '../core/model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** k6 by its path and version, or why there is none and the one command that changes it. */
export function findK6(
  wish = process.env['K6_BINARY'],
): { readonly path: string; readonly version: string } | { readonly notRun: Run['notRun'][number] } {
  const candidates = [wish, fromSetup(), join(root, '.cache', 'bin', 'k6'), 'k6'].flatMap((each) => (each ? [each] : []));
  for (const path of wish ? [wish] : candidates) {
    const { status, stdout } = spawnSync(path, ['version'], { encoding: 'utf8', timeout: 10_000 });
    const version = status === 0 ? /k6(?:\.exe)? (v[\d.]+)/.exec(stdout)?.[1] : undefined;
    if (version !== undefined) return { path, version };
  }
  const why = wish ? `${wish} (K6_BINARY) is not a k6 that answers "version"` : 'k6 is neither in .cache/bin nor on the PATH';
  return {
    notRun: { what: 'load', why, fix: 'npm run setup (builds k6 with Go), or install it: https://grafana.com/docs/k6/latest/set-up/install-k6/' },
  };
}

/** What the set-up of the repository found or built. */
function fromSetup(): string | undefined {
  const path = join(root, '.cache', 'setup.json');
  if (!existsSync(path)) return undefined;
  const found = (JSON.parse(readFileSync(path, 'utf8')) as { k6?: unknown }).k6;
  return typeof found === 'string' ? found : undefined;
}
