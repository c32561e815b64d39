import type { Command } from 'commander';
import { exit } from '../failure.ts';

export function define(program: Command): void {
  program
    .command('merge')
    .summary('join the parts that several machines made, of one load or of one validation of files, and judge the whole')
    .argument('<parts...>', 'the folders of the parts. Load: each with run.json and load.ndjson; the first gives the single-caller half')
    .requiredOption('--out <folder>', 'where run.json and the reports of the whole go')
    .option('--samples <files...>', 'more sample files, e.g. the console output of k6 runners in a cluster')
    .option('--only-samples', 'the runs give the single-caller half only; the load is in the sample files')
    .option('--json', 'print the result as JSON on stdout')
    .action(act);
}

interface Options {
  readonly out: string;
  readonly samples?: readonly string[];
  readonly onlySamples?: boolean;
  readonly json?: boolean;
}

async function act(paths: readonly string[], options: Options) {
  const { holdsFilesReport, mergeReports } = await import('../../bulk-files/report.ts');
  if (paths.some(holdsFilesReport)) {
    const { printFiles } = await import('../files-report.ts');
    process.exitCode = printFiles(await mergeReports(paths, options.out), options.json === true);
    return;
  }
  const [{ merged }, { writeRun }, { readRun }, { graded }, { checks }, { report }] = await Promise.all([
    import('../../load/merge.ts'),
    import('../../run/store.ts'),
    import('../../run/stored.ts'),
    import('../../run/run.ts'),
    import('../../../checks/index.ts'),
    import('../result.ts'),
  ]);
  const runs = paths.map((path) => ({ path, run: readRun(path) }));
  const [first] = runs;
  if (!first) throw new Error('Name at least one run.');
  const latency = await merged(runs, options.samples ?? [], options.onlySamples === true);
  const wanted = new Set(first.run.verdicts.map((each) => each.requirement));
  const lacking = runs.find(({ run }) => run.partial !== undefined);
  const whole = graded(
    { ...first.run, ...(lacking === undefined ? {} : { partial: `${lacking.path}: ${lacking.run.partial}` }), latency },
    checks.filter((check) => wanted.has(check.id)),
  );
  writeRun(options.out, whole);
  const { load } = latency;
  console.error(`${load?.requests} requests of ${runs.length} parts joined, ${load?.dropped} dropped`);
  process.exitCode = await report(whole, options.out, { json: options.json === true });
  if (load?.inconclusive !== undefined && process.exitCode === exit.conformant) process.exitCode = exit.incomplete;
}
