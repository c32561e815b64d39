import { join } from 'node:path';
import type { Command } from 'commander';
import { list } from '../options.ts';

export function define(program: Command): void {
  program
    .command('package')
    .summary('a run under a plan as one file (*.assay) that others can verify and grade again, offline')
    .argument('<run>', 'folder of the run, or its run.json')
    .option('--plan <names>', 'plans to grade under, comma-separated (default: those of the run)', list)
    .option('--by <name>', 'who ran, as the statement shall say')
    .option('--for <name>', 'for whom, as the statement shall say')
    .option('--out <folder>', 'where the package goes (default: the folder of the run)')
    .action(act);
}

interface Options {
  readonly plan?: readonly string[];
  readonly by?: string;
  readonly for?: string;
  readonly out?: string;
}

async function act(path: string, options: Options): Promise<void> {
  const [{ catalogue }, { readRun }, { openPlans }, { assayOf, writeNew }, { makeFolder }, { fileName }] = await Promise.all([
    import('../../../checks/catalogue.ts'),
    import('../../run/stored.ts'),
    import('../plans.ts'),
    import('../assay.ts'),
    import('../../disk/folder.ts'),
    import('../file-name.ts'),
  ]);
  const run = readRun(path);
  const names = options.plan ?? run.selection?.plans ?? [];
  if (names.length === 0)
    throw new Error('The run was made under no plan, and a package holds the grade of one. Name it with --plan; `payer-assay plan list` shows all.');
  const folder = options.out ?? (path.endsWith('.json') ? join(path, '..') : path);
  const plans = openPlans(names, run.finishedAt.slice(0, 10));
  const said = { ...(options.by === undefined ? {} : { by: options.by }), ...(options.for === undefined ? {} : { for: options.for }) };
  makeFolder(folder);
  for (const resolved of plans) {
    const { bytes, grade } = await assayOf(run, resolved, catalogue, said);
    const time = run.startedAt.slice(0, 19).replace(/[-:]/g, '');
    const file = join(folder, `${fileName(run.target.name)}-${grade.name}-${time}.assay`);
    writeNew(file, bytes);
    console.log(file);
    console.log(`${grade.name}: ${grade.word} · ${bytes.length} bytes · not signed yet: payer-assay sign PACKAGE --key FILE`);
    if (run.target.evidence === 'full')
      console.error('  The evidence is "full": the package holds member data as they came. Give it to nobody who may not see them.');
  }
}
