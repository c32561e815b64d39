import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process and its children, with this much memory and no more: what asks for more is ended by the kernel. */
export interface Container {
  /** What stands before the command. */
  readonly before: readonly string[];
  /** To be called when all that ran in it has ended. */
  remove(): void;
}

/** Where groups of processes live: version 2 of the kernel's control groups, or version 1. */
const roots = [
  { root: '/sys/fs/cgroup', sign: 'cgroup.subtree_control', limit: 'memory.max' },
  { root: '/sys/fs/cgroup/memory', sign: 'memory.limit_in_bytes', limit: 'memory.limit_in_bytes' },
] as const;

let count = 0;

/** A container of `bytes` of memory; undefined where this system lets us make none (no Linux, no right to). */
export function containerOf(bytes: number): Container | undefined {
  for (const { root, sign, limit } of roots) {
    if (!existsSync(join(root, sign))) continue;
    const folder = join(root, `payer-assay-${process.pid}-${++count}`);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, limit), String(bytes));
      if (Number(readFileSync(join(folder, limit), 'utf8')) !== bytes) throw new Error('the limit was not taken');
      return {
        before: ['sh', '-c', `echo $$ > ${folder}/cgroup.procs; exec "$@"`, 'sh'],
        remove: () => remove(folder),
      };
    } catch {
      remove(folder);
    }
  }
  return undefined;
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It was never made, or a child of ours has not quite ended: an empty group costs nothing.
  }
}
