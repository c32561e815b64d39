import { dirname } from 'node:path';
import type { Command } from 'commander';
import { type FormatName, formatNames } from '../../../reports/formats.ts';
import type { FailOn } from '../../core/changed.ts';
import { failOn, failOnHelp, formatList } from '../options.ts';

export function define(program: Command): void {
  program
    .command('report')
    .summary('write the reports of a stored run again; its verdicts stay as they are')
    .argument('<run>', 'run.json, or the folder that holds it')
    .option('--out <folder>', 'where the reports go (default: next to run.json)')
    .option('--format <list>', `write these instead, comma-separated: ${formatNames.join(', ')}; or all`, formatList)
    .option('--baseline <run>', 'an earlier, valid run: for latency.html, annotations and --fail-on new')
    .option('--fail-on <what>', failOnHelp, failOn)
    .option('--json', 'print the result as JSON on stdout')
    .action(act);
}

interface Options {
  readonly out?: string;
  readonly format?: readonly FormatName[];
  readonly baseline?: string;
  readonly failOn?: FailOn;
  readonly json?: boolean;
}

async function act(path: string, options: Options): Promise<void> {
  const [{ readRun, versionOrder }, { codeFor }, { report }, { makeFolder }, { statSync }] = await Promise.all([
    import('../../run/stored.ts'),
    import('../../core/changed.ts'),
    import('../result.ts'),
    import('../../disk/folder.ts'),
    import('node:fs'),
  ]);
  const stored = readRun(path);
  const old = `its verdicts follow the rules of version ${stored.tool.version}; judge it by those of this version first: payer-assay regrade ${path} --out FOLDER`;
  const run = versionOrder(stored) < 0 ? { partial: old, ...stored } : stored;
  const folder = options.out ?? (statSync(path).isDirectory() ? path : dirname(path));
  makeFolder(folder);
  const baseline = options.baseline === undefined ? undefined : (await import('../baseline.ts')).baselineAt(options.baseline);
  if (options.failOn === 'new' && baseline === undefined)
    throw new Error('--fail-on new needs --baseline RUN: the run against which a failure is new.');
  const code = await report(run, folder, {
    json: options.json === true,
    ...(baseline ? { baseline } : {}),
    ...(options.format ? { formats: options.format } : {}),
  });
  process.exitCode = codeFor(options.failOn ?? 'default', code, run, baseline);
}
