import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runGroup } from '../../src/load/process.ts';

/** A program with a child of its own that would outlive it, telling the child's pid. */
const stubborn = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); require('node:fs').writeFileSync(process.env.PID_FILE, String(c.pid)); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const gone = async (pid: number): Promise<boolean> => {
  for (let tries = 0; tries < 100 && alive(pid); tries++) await pause(20);
  return !alive(pid);
};

/** The pid, as soon as the program has told it. */
async function childIn(file: string): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text !== '') return Number(text);
    await pause(20);
  }
  throw new Error('the program did not start within 10 s');
}

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-process-'));
});
after(() => rm(folder, { recursive: true }));
const withFile = (name: string) => ({ file: join(folder, name), env: { ...process.env, PID_FILE: join(folder, name) } });

test('answers with the code and the last words of the program', async () => {
  const finished = await runGroup(process.execPath, ['-e', 'console.error("bye"); process.exit(99)'], { env: process.env, limit: 20_000 });
  assert.equal(finished.code, 99);
  assert.equal(finished.ended, undefined);
  assert.match(finished.said, /bye/);
});

test('a program that does not end is stopped at the limit, with its children', async () => {
  const { file, env } = withFile('limit');
  const finished = await runGroup(process.execPath, ['-e', stubborn], { env, limit: 2_000 });
  assert.equal(finished.ended, 'limit');
  assert.ok(await gone(await childIn(file)), 'its child is still running');
});

test('an interrupt stops it, with its children', async () => {
  const { file, env } = withFile('interrupt');
  const stop = new AbortController();
  const running = runGroup(process.execPath, ['-e', stubborn], { env, limit: 60_000, signal: stop.signal });
  const child = await childIn(file);
  stop.abort();
  assert.equal((await running).ended, 'interrupted');
  assert.ok(await gone(child), 'its child is still running');
});

test('a program that cannot be started rejects', async () => {
  await assert.rejects(runGroup('/nowhere/k6', [], { env: process.env, limit: 1_000 }), /ENOENT/);
});
