import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tool } from '../package/tool.ts';

/** A CI file for a repository that holds a target file: where it goes, and its text. */
export function ciFile(host: string, target: string, secretEnv: string): { readonly file: string; readonly text: string } {
  const source = host === 'github' ? 'github.yml' : 'gitlab.yml';
  const text = readFileSync(join(root, 'deploy', 'ci', source), 'utf8')
    .replaceAll('payer.jsonc', target.replace(/[^\w./-]/g, '_'))
    .replaceAll('PAYER_KEY', secretEnv.replace(/\W/g, '_'))
    .replaceAll('0.0.0', tool.version);
  return { file: host === 'github' ? '.github/workflows/payer-assay.yml' : '.gitlab-ci.yml', text };
}
