import { dirname } from 'node:path';
import type { Command } from 'commander';

export function define(program: Command): void {
  program
    .command('report')
    .summary('write the reports of a stored run again; its verdicts stay as they are')
    .argument('<run>', 'run.json, or the folder that holds it')
    .option('--out <folder>', 'where the reports go (default: beside run.json)')
    .option('--json', 'print the result as JSON on stdout')
    .action(act);
}

async function act(path: string, options: { readonly out?: string; readonly json?: boolean }): Promise<void> {
  const [{ readRun }, { report }, { mkdirSync, statSync }] = await Promise.all([
    import('../../run/store.ts'),
    import('../result.ts'),
    import('node:fs'),
  ]);
  const run = readRun(path);
  const folder = options.out ?? (statSync(path).isDirectory() ? path : dirname(path));
  mkdirSync(folder, { recursive: true });
  process.exitCode = await report(run, folder, { json: options.json === true });
}
