import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../core/model.ts';
import { root } from '../package/tool.ts';

/** Tools that set-up looked for and did not find, with the one command that fixes each; empty outside a clone. k6 speaks for itself when load is asked. */
export function missingTools(): Run['notRun'] {
  try {
    const { missing } = JSON.parse(readFileSync(join(root, '.cache', 'setup.json'), 'utf8')) as { readonly missing: Run['notRun'] };
    return missing.filter(({ what }) => what !== 'k6');
  } catch {
    return [];
  }
}
