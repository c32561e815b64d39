import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { at, run, say, versionOf } from './shell.mjs';

/** Pinned: the load figures in the documentation were measured with it. */
const wanted = 'v1.8.1';

/** k6 by its path, built with Go when it is nowhere. */
export async function findK6() {
  const cached = at('.cache/bin/k6');
  for (const path of ['k6', cached, join(process.env.GOBIN ?? join(process.env.GOPATH ?? join(homedir(), 'go'), 'bin'), 'k6')]) {
    if (path !== 'k6' && !existsSync(path)) continue;
    const version = /v(\d+)\.\d+\.\d+/.exec((await versionOf(path, ['version'])) ?? '');
    if (!version || Number(version[1]) < 1) continue;
    say('k6', `${version[0]} (${path})`);
    return { path };
  }
  const go = (await versionOf('go', ['version'])) ? 'go' : existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined;
  const fix = `install k6 (https://grafana.com/docs/k6/latest/set-up/install-k6/), or Go and then: go install go.k6.io/k6@${wanted}`;
  if (!go) return { missing: { what: 'k6', why: 'load is not measured without it, and there is no Go to build it', fix } };
  say('k6', `not found: building ${wanted} with Go into .cache/bin (about 3 minutes, once)`);
  const every = (seconds) => say('k6', `still building after ${seconds} s`);
  const { code, output } = await run(go, ['install', `go.k6.io/k6@${wanted}`], { env: { GOBIN: at('.cache/bin') }, timeout: 900_000, every });
  if (code === 0) {
    say('k6', `${wanted} built (${cached})`);
    return { path: cached };
  }
  return { missing: { what: 'k6', why: `load is not measured without it, and building it failed (${output.trim().split('\n').at(-1)})`, fix } };
}
