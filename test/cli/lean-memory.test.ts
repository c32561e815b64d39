import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../src/package/tool.ts';

// The settings of the C library that a run starts itself with. What they save is measured (docs/performance.md) and no test; that they are set is.

const probe = `data:text/javascript,process.on('exit',()=>process.stderr.write('MALLOC '+JSON.stringify([process.pid,process.env.MALLOC_ARENA_MAX??null,process.env.MALLOC_TRIM_THRESHOLD_??null,process.argv.slice(2),process.execArgv])))`;

function started(args: readonly string[], env: NodeJS.ProcessEnv = {}, flags: readonly string[] = ['--stack-size=900']) {
  const { MALLOC_ARENA_MAX: _one, MALLOC_TRIM_THRESHOLD_: _two, MALLOC_MMAP_THRESHOLD_: _three, ...rest } = process.env;
  const found = spawnSync(process.execPath, ['--import', probe, ...flags, join(root, 'bin', 'payer-assay.js'), ...args], {
    env: { ...rest, ...env },
    encoding: 'utf8',
  });
  const [pid, arenas, trim, argv, execArgv] = JSON.parse(/MALLOC (.*)$/s.exec(found.stderr)?.[1] ?? '[]') as unknown[];
  return { ...found, same: pid === found.pid, arenas, trim, argv, execArgv, said: found.stderr.replace(/MALLOC .*$/s, '') };
}

for (const command of ['run', 'validate'])
  test(`${command} starts itself with lean settings: same id, same arguments, same flags of Node, and no word about it`, {
    skip: process.platform === 'linux' ? false : 'only the C library of Linux has these settings',
  }, () => {
    const args = [command, '--help', '--out', 'a folder with blanks'];
    const found = started(args);
    assert.deepEqual([found.status, found.same, found.arenas, found.trim, found.argv], [0, true, '2', '131072', args]);
    assert.deepEqual(found.execArgv, ['--import', probe, '--stack-size=900']);
    assert.equal(found.said, '');
    assert.match(found.stdout, new RegExp(`Usage: payer-assay ${command}`));
  });

test('who has set one of them keeps all of it; other commands start as they are', () => {
  const own = started(['run', '--help'], { MALLOC_ARENA_MAX: '7' });
  assert.deepEqual([own.status, own.arenas, own.trim], [0, '7', null]);
  const other = started(['--version']);
  assert.deepEqual([other.status, other.arenas], [0, null]);
});

test('where Node may start nothing (--permission), it goes on as it is and says nothing', () => {
  const found = started(['run', '--help'], {}, ['--permission', '--allow-fs-read=*']);
  assert.deepEqual([found.status, found.same, found.arenas, found.said], [0, true, null, '']);
  assert.match(found.stdout, /Usage: payer-assay run/);
});
