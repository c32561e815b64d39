import { execFileSync } from 'node:child_process';

/** Our own TypeScript files, tracked or new, by path from the root. */
export const sources = (): readonly string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && !path.endsWith('.d.ts'));
