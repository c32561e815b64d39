import { existsSync } from 'node:fs';
import { at, run, say, versionOf } from './shell.mjs';

/** The oldest Node that users may have (package.json, engines). */
const wanted = '22.20.0';

/** That Node by its path, from NODE22, the PATH or our cache; fetched from npm when it is nowhere. */
export async function findNode22() {
  const cached = at('.cache/node22/node_modules/node/bin/node');
  const found = await first([process.env.NODE22, 'node22', cached]);
  if (found) return { path: found };
  say('node 22', `not found: fetching ${wanted} from npm for the unit tests on the oldest Node (about 10 s, once)`);
  const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', at('.cache/node22')];
  await run('npm', ['install', ...options, `node@${wanted}`], { timeout: 180_000 });
  // npm may have been told not to run install scripts; this one only puts the binary in its place.
  if (!existsSync(cached))
    await run(process.execPath, ['installArchSpecificPackage.js'], { cwd: at('.cache/node22/node_modules/node/'), timeout: 180_000 });
  const fetched = await first([cached]);
  if (fetched) return { path: fetched };
  const fix = `npm install --no-save --prefix .cache/node22 node@${wanted} (or set NODE22 to the path of a Node 22)`;
  return { missing: { what: 'node 22', why: 'the unit tests are not run on the oldest Node that users may have without it', fix } };
}

async function first(paths) {
  for (const path of paths) {
    const version = path && (path === 'node22' || existsSync(path)) ? await versionOf(path, ['-v']) : undefined;
    if (!version?.startsWith('v22.')) continue;
    say('node 22', `${version} (${path})`);
    return path;
  }
  return undefined;
}
