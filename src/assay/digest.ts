import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** SHA-256 in hex. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** SHA-256 over the names and contents of all files below a folder, in the order of their names; undefined when there is no such folder. */
export function folderDigest(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const hash = createHash('sha256');
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).map((each) => each.replaceAll('\\', '/')).sort()) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    hash.update(`${name}\0${sha256(readFileSync(path))}\n`);
  }
  return hash.digest('hex');
}
