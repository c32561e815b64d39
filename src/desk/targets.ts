import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stripComments } from 'jsonc-parser';
import { loadTarget } from '../target/load.ts';

/** A target file as the page shows it: no member, no secret, no name of a secret. */
export interface TargetCard {
  /** Name of the file in the folder of target files; `embedded` for the payer that comes with this tool. */
  readonly file: string;
  readonly name: string;
  readonly base: string;
  readonly auth: string;
  readonly guides: readonly string[];
  /** It cannot be used as it is. */
  readonly broken: boolean;
}

export const embeddedTarget: TargetCard = {
  file: 'embedded',
  name: 'embedded payer',
  base: 'started for the run, on this machine',
  auth: 'smart-backend',
  guides: [],
  broken: false,
};

const largest = 1_000_000;

/** Target files directly in a folder. Other JSON is left out; a target file that does not fit its schema is shown as broken. */
export function targetsIn(folder: string): readonly TargetCard[] {
  return readdirSync(folder)
    .filter((name) => /\.jsonc?$/.test(name) && !name.startsWith('.'))
    .sort()
    .flatMap((file): readonly TargetCard[] => {
      const path = join(folder, file);
      if (!looksLikeTarget(path)) return [];
      try {
        const { name, fhir, auth, guides = {} } = loadTarget(path);
        const followed = Object.entries(guides).flatMap(([id, edition]) => (edition === false ? [] : [edition === true ? id : `${id} ${edition}`]));
        return [{ file, name, base: fhir?.base ?? 'found by discovery', auth: auth.kind, guides: followed, broken: false }];
      } catch {
        // Why is for `doctor` to say: words of a schema may quote the value, and a value may be a secret in the wrong place.
        return [{ file, name: file, base: '', auth: '', guides: [], broken: true }];
      }
    });
}

function looksLikeTarget(path: string): boolean {
  try {
    const { isFile, size } = ((stats) => ({ isFile: stats.isFile(), size: stats.size }))(statSync(path));
    if (!isFile || size > largest) return false;
    const value = JSON.parse(stripComments(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))) as unknown;
    return typeof value === 'object' && value !== null && 'auth' in value && 'members' in value && 'name' in value;
  } catch {
    return false;
  }
}
