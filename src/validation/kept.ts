import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { threadId } from 'node:worker_threads';
import { workFolder } from './packages/folders.ts';

const require = createRequire(import.meta.url);

/**
 * What a CommonJS module of generated code exports. The code is kept beside the packs, so that later starts only load it; where nothing can be written it
 * lives in memory. undefined when `generate` has nothing. `name` becomes a file's.
 */
export function keptModule(name: string, generate: () => string | undefined): unknown {
  const path = ifPossible(() => join(workFolder('shapes'), `${name}.cjs`));
  if (path !== undefined && existsSync(path)) return require(path);
  const code = generate();
  if (code === undefined) return undefined;
  if (path !== undefined) ifPossible(() => keep(path, code));
  const module: { exports: unknown } = { exports: {} };
  compileFunction(code, ['module', 'exports', 'require'], { filename: `${name}.cjs` })(module, module.exports, require);
  return module.exports;
}

/** Threads of one process, and other processes, may be at the same file: each writes a draft of its own. */
function keep(path: string, code: string): void {
  const draft = `${path}.${process.pid}-${threadId}`;
  writeFileSync(draft, code);
  renameSync(draft, path);
}

/** undefined when the disk does not allow it. */
function ifPossible<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) return undefined;
    throw cause;
  }
}
