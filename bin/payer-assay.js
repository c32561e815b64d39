#!/usr/bin/env node
// Plain JavaScript for any Node: says clearly what is wrong instead of failing on syntax it does not know.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// A clone runs its source, so that a stale build never misleads; an installed package has only dist.
const source = new URL('../src/cli/main.ts', import.meta.url);
const built = new URL('../dist/src/cli/main.js', import.meta.url);

if (major < 22 || (major === 22 && minor < 20)) {
  const here = existsSync(fileURLToPath(source)) ? ' In this clone, use: npx payer-assay ... or npm start (both bring Node 24 along).' : '';
  console.error(
    `payer-assay needs Node 22.20 or newer, and this is Node ${process.versions.node}. Install a newer Node (https://nodejs.org).${here}`,
  );
  process.exitCode = 3;
} else {
  leanMemory();
  // Kept between runs, compiled code saves half a second of each start.
  module.enableCompileCache?.();
  await import((existsSync(fileURLToPath(source)) ? source : built).href);
}

/**
 * What a run or a validation of files has freed goes back to the system: the C library of Linux keeps up to 32 MB of it for each thread, and with large
 * files that was a sixth of all memory. It reads these settings only when a process starts; so this one is replaced by itself, with the same id. Who has set one knows better.
 */
function leanMemory() {
  const { argv, env, execArgv, execPath, platform } = process;
  const settings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };
  if (platform !== 'linux' || !['run', 'validate'].includes(argv[2]) || process.channel || Object.keys(settings).some((name) => name in env)) return;
  if (env.PAYER_ASSAY_MEMORY === 'ample') return;
  // Where it fails, it throws (--permission) or ends the process (Node was replaced meanwhile): then it goes on as it is, with more memory.
  if (process.permission?.has('child') === false || !existsSync(execPath)) return;
  // Node 22.20 and 24 have it; what it says of being experimental is for us.
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, ...settings });
}
