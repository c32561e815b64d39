import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { at, run, say, versionOf } from './shell.mjs';

/** Runs `npm ci` when node_modules is not what the lockfile says. Throws when that fails, with npm's own last words. */
export async function ensurePackages() {
  const why = outOfStep();
  if (why === undefined) return say('packages', 'as the lockfile says');
  say('packages', `${why}: installing (about 15 s)`);
  const env = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  const every = (seconds) => say('packages', `still installing after ${seconds} s`);
  const clean = await run('npm', ['ci', ...options], { env, every });
  if (clean.code === 0) return say('packages', 'installed');
  // A registry mirror may lack another platform's optional package, on which `npm ci` insists; versions stay locked here too.
  const plain = await run('npm', ['install', '--no-save', ...options], { env, every });
  if (plain.code === 0) return say('packages', 'installed (npm ci refused; npm install did it)');
  throw new Error(
    `npm could not install the packages. Check the network and your npm registry, then run the same command again.\n${tail(plain.output)}`,
  );
}

/** Why node_modules does not fit the lockfile; undefined when it does. A linked node_modules belongs to someone else. */
function outOfStep() {
  if (!existsSync(at('node_modules'))) return 'node_modules is missing';
  if (lstatSync(at('node_modules')).isSymbolicLink()) return undefined;
  if (!existsSync(at('node_modules/.package-lock.json'))) return 'node_modules was not made by npm';
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  const there = JSON.parse(readFileSync(at('node_modules/.package-lock.json'), 'utf8')).packages;
  const stale = Object.entries(wanted).find(([path, entry]) => path !== '' && !entry.optional && there[path]?.version !== entry.version);
  return stale && `${stale[0].replace('node_modules/', '')} is not ${stale[1].version}`;
}

/** A Node that runs our TypeScript: the one from npm, else our own if it is new enough. Throws when there is neither. */
export async function findNode() {
  const local = at('node_modules/.bin/node');
  if (await fits(local)) return local;
  // npm may have been told not to run install scripts; this one only puts the binary in its place.
  await run(process.execPath, ['installArchSpecificPackage.js'], { cwd: at('node_modules/node/'), timeout: 180_000 });
  if (await fits(local)) return local;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 20)) return process.execPath;
  throw new Error(
    `this is Node ${process.versions.node}, and the npm package "node" (Node 24) did not install. Allow its install script (npm ci --allow-scripts=node), or install Node 22.20 or newer.`,
  );
}

async function fits(path) {
  const version = await versionOf(path, ['-v']);
  if (version) say('node', `${version} for our own scripts`);
  return version !== undefined;
}

const tail = (text) => text.trim().split('\n').slice(-12).join('\n');
