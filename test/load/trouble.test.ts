import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { writeTarget } from '../../src/cli/target-file.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import { runIn, startNode } from '../cli/payer-assay.ts';
import { k6, skip } from './k6.ts';

/** A load that cannot go on, as a user meets it: clear words, the right exit code, nothing left running. */

let folder = '';
let embedded: Embedded;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-trouble-'));
  embedded = await startEmbedded();
});
after(async () => {
  await embedded.close();
  await rm(folder, { recursive: true });
});

/** A k6 that tells its pid, then does what is said here. */
async function k6That(name: string, does: string) {
  const [path, pid] = [join(folder, name), join(folder, `${name}.pid`)];
  await writeFile(path, `#!/bin/sh\n[ "$1" = version ] && { echo "k6 v1.8.1"; exit 0; }\necho $$ > "${pid}"\n${does}\n`);
  await chmod(path, 0o755);
  return { path, gone: async () => gone(Number(await readFile(pid, 'utf8'))) };
}

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await pause(20);
  }
  return false;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(10);
}

const steady = (rate: number, seconds: number): Profile => ({
  ...profileOf('agreed', { rate }),
  tolerated: 1,
  stages: [{ name: 'steady', kind: 'steady', rate, seconds, mix: { s1: 1 } }],
});
/** Requests that k6 has made. */
const fromK6 = (payer: Embedded['payer']) => payer.asked.filter(({ headers }) => headers['user-agent']?.includes('k6')).length;

/** The command line with a load of half an hour, for as few conversations as can be. */
function begin(out: string, binary: string) {
  const file = join(folder, 'target.json');
  writeTarget(file, embedded.target, embedded.secrets);
  const args = ['bin/payer-assay.js', 'run', '--target', file, '--only', 'time.load', '--scenario', 'S1', '--load', 'agreed', '--out', out];
  return startNode(args, { K6_BINARY: binary });
}

test('a k6 that hangs is stopped, with what it started, and the report says so', async () => {
  const { path, gone } = await k6That('hanging', `trap '' TERM\nsleep 1000 & wait\nwhile :; do sleep 1000; done`);
  const outcome = await runLoad(steady(10, 1), { target: embedded.target, secrets: embedded.secrets, k6: path, patience: 500 });
  assert.match('notRun' in outcome ? outcome.notRun.why : '', /k6 hung: no request was made in all its time, and it was stopped/);
  assert.ok(await gone(), 'it is still running');
});

test('no k6 for a load that was wanted: exit code 2, with the command that fixes it', async () => {
  const { code, stdout } = await begin(join(folder, 'missing'), '/nowhere/k6').done;
  assert.equal(code, 2);
  assert.match(stdout, /Not run: load \(\/nowhere\/k6 \(K6_BINARY\) is not a k6 that answers "version"\)\. Fix: npm run setup/);
});

test('Ctrl-C while k6 loads: what was seen is judged and written, exit code 2, no k6 is left', { skip }, async () => {
  const out = join(folder, 'interrupted');
  const { path, gone } = await k6That('real', `exec "${k6}" "$@"`);
  const running = begin(out, path);
  await running.said(/load agreed: about/);
  await until(() => fromK6(embedded.payer) > 45);
  running.signal('SIGINT');
  const { code, stderr } = await running.done;
  assert.equal(code, 2, stderr);
  assert.match(stderr, /Interrupted: judging and writing what was learned until now/);
  const { load } = runIn(out).latency ?? {};
  assert.match(load?.inconclusive ?? '', /the load was interrupted/);
  assert.ok((load?.requests ?? 0) > 0);
  assert.ok(await gone(), 'k6 is still running');
});

test('a payer that goes away under load is asked no more, and nothing is decided', { skip }, async () => {
  const leaving = await startEmbedded();
  const loading = runLoad(steady(100, 60), { target: leaving.target, secrets: leaving.secrets });
  await until(() => fromK6(leaving.payer) > 200);
  await leaving.close();
  const outcome = await loading;
  assert.ok('latency' in outcome, JSON.stringify(outcome));
  const { load } = outcome.latency;
  assert.match(load?.inconclusive ?? '', /ended early, to spare the payer: \d+ of the last 100 requests got no connection/);
  assert.ok((load?.requests ?? 0) < 3000, `${load?.requests} requests`);
});
