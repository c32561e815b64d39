import { existsSync } from 'node:fs';
import { at, run, say, versionOf } from './shell.mjs';

/** Installs pinned packages of PyPI below .cache once, for the tests alone; a note when that cannot be. `proof`: a file that is there when it is done. */
export async function pipInto({ name, packages, proof, what, unknown }) {
  const folder = at(`.cache/${name}`);
  const missing = (why) => ({
    missing: { what, why: `${why}: ${unknown}`, fix: `python3 -m pip install --target .cache/${name} ${packages.join(' ')}` },
  });
  if (existsSync(at(`.cache/${name}/${proof}`))) return {};
  if (!(await versionOf('python3', ['--version']))) return missing('there is no Python');
  // Without a network, pip would try each package six times: this is asked again before each test.
  const how = ['--quiet', '--no-input', '--disable-pip-version-check', '--retries', '1', '--target', folder];
  const { code, output } = await run('python3', ['-m', 'pip', 'install', ...how, ...packages], { timeout: 180_000 });
  if (code !== 0) return missing(output.trim().split('\n').at(-1) ?? 'pip failed');
  say(name, `${packages.length} ${what}, in .cache/${name}`);
  return {};
}
