import { existsSync } from 'node:fs';
import { run, say, versionOf } from './shell.mjs';

/** A Chromium by its path; `install` fetches one when there is none: from Playwright, else from the distribution when we are root. */
export async function findChromium({ install, node }) {
  const here = await look(node);
  if (here || !install) {
    if (here) say('chromium', here);
    return { path: here };
  }
  say('chromium', 'not found: fetching it with Playwright (150 MB)');
  const every = (seconds) => say('chromium', `still fetching after ${seconds} s`);
  await run(node, ['node_modules/@playwright/test/cli.js', 'install', 'chromium'], { timeout: 240_000, every });
  let path = await look(node);
  if (!path && process.getuid?.() === 0) {
    say('chromium', 'Playwright could not; trying apt-get (40 s)');
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-qq'], { env, timeout: 120_000, every });
    await run('apt-get', ['install', '-y', '-qq', 'chromium'], { env, timeout: 400_000, every });
    path = await look(node);
  }
  if (path) {
    say('chromium', path);
    return { path };
  }
  const fix = 'npx playwright install chromium (or apt-get install -y chromium)';
  return { missing: { what: 'chromium', why: 'the reports are not tried in a browser without it', fix } };
}

async function look(node) {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const { code, output } = await run('sh', ['-c', `command -v ${name}`], { timeout: 10_000 });
    if (code === 0) return output.trim();
  }
  if (existsSync('/usr/bin/chromium')) return '/usr/bin/chromium';
  const script = "import('@playwright/test').then(({ chromium }) => console.log(chromium.executablePath()))";
  const path = await versionOf(node, ['-e', script]);
  return path && existsSync(path) ? path : undefined;
}
