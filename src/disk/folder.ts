import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are missing, with these rights (0o777 less the umask unless told). Throws when one cannot be made.
 * Level by level: `recursive` of Node never comes back where the file system says "no such file" of what is to be made, as /proc does.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let above = resolve(folder); !existsSync(above) && dirname(above) !== above; above = dirname(above)) missing.unshift(above);
  // Nothing is missing: that it is a folder is left to this call, which names a file in the way.
  if (missing.length === 0) mkdirSync(folder, { recursive: true });
  for (const each of missing) makeOne(each, mode);
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (cause) {
    // Another process may have been quicker.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
}
