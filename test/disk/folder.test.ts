import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sources } from '../../scripts/sources.ts';
import { makeFolder } from '../../src/disk/folder.ts';
import { temporary } from '../cli/payer-assay.ts';

test('folders are made level by level, with their rights, and what is there is left alone', () => {
  const root = temporary();
  const deep = join(root, 'a', 'b', 'c');
  makeFolder(deep, 0o700);
  makeFolder(deep);
  for (const each of [join(root, 'a'), deep]) assert.equal(statSync(each).mode & 0o777, 0o700, each);
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => makeFolder(join(root, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(root, 'file', 'below')), { code: 'ENOTDIR' });
});

test('a file system that says "no such file" of what is to be made is an error, not an endless wait', {
  skip: !existsSync('/proc/self') && 'no /proc here',
}, () => {
  assert.throws(() => makeFolder('/proc/nowhere/at/all'), /ENOENT|EACCES|EROFS|EPERM/);
});

test('nothing else in the product makes folders', () => {
  const others = sources().filter(
    (file) => file.startsWith('src/') && !file.startsWith('src/disk/') && /\bmkdir(Sync)?\(/.test(readFileSync(file, 'utf8')),
  );
  assert.deepEqual(others, [], 'use makeFolder of src/disk/folder.ts');
});
