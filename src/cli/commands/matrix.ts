import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Matrix } from '../../plan/matrix.ts';
import { exit } from '../failure.ts';
import { whole } from '../options.ts';

export function define(program: Command): void {
  program
    .command('matrix')
    .summary('several payers under one plan, side by side, on one page: scenarios, rows, latency')
    .argument('<targets...>', 'target files, which are driven; folders of runs and packages are graded as they are')
    .requiredOption('--plan <name>', 'the plan, e.g. connectathon-track@2026.11')
    .option('--out <folder>', 'where matrix.html and the runs go (default: out/<time>-matrix)')
    .option('--jobs <number>', 'how many payers are driven at once', whole(1, 32), 3)
    .option('--max-time <seconds>', 'end the conversations with each payer after this time', whole(1, 604_800))
    .option('--json', 'print the matrix as JSON on stdout')
    .addHelpText('after', '\nExit codes: 0 all conformant, 1 somebody non-conformant, 2 somebody incomplete or without a grade, 3 nobody was graded.')
    .action(act);
}

interface Options {
  readonly plan: string;
  readonly out?: string;
  readonly jobs: number;
  readonly maxTime?: number;
  readonly json?: boolean;
}

async function act(targets: readonly string[], options: Options): Promise<void> {
  const [{ catalogue }, { openPlans }, { bounded, entrant }, { renderMatrix }, { makeFolder }, { writeNew }] = await Promise.all([
    import('../../../checks/catalogue.ts'),
    import('../plans.ts'),
    import('../matrix.ts'),
    import('../../../reports/matrix.ts'),
    import('../../disk/folder.ts'),
    import('../assay.ts'),
  ]);
  const made = new Date().toISOString();
  const [resolved] = openPlans([options.plan], made.slice(0, 10));
  if (!resolved) throw new Error('Name one plan with --plan.');
  const out = options.out ?? join('out', `${made.replace(/[:.]/g, '-')}-matrix`);
  const page = join(out, 'matrix.html');
  if (existsSync(page)) throw new Error(`${page} is there already, and nothing is overwritten. Choose another folder with --out.`);
  makeFolder(out);
  const say = (line: string) => console.error(line);
  say(`${targets.length} payers under ${resolved.name}, ${options.jobs} at once:`);
  const how = { resolved, catalogue, out, say, ...(options.maxTime === undefined ? {} : { maxTime: options.maxTime }) };
  const entrants = await bounded(targets, options.jobs, (each, nth) => entrant(each, nth, how));
  const matrix: Matrix = { plan: resolved.name, title: resolved.plan.title, made, entrants };
  writeNew(page, Buffer.from(renderMatrix(matrix)));
  writeNew(join(out, 'matrix.json'), Buffer.from(`${JSON.stringify(matrix)}\n`));
  if (options.json) console.log(JSON.stringify(matrix, null, 1));
  else {
    for (const { name, grade, why } of entrants)
      console.log(
        `${name}: ${grade === undefined ? `no grade: ${why}` : `${grade.word} · ${grade.shall.verified} of ${grade.shall.selected} SHALL verified`}`,
      );
    console.log(page);
  }
  const codes = entrants.map(({ grade }) => grade?.exitCode ?? exit.incomplete);
  process.exitCode = entrants.every(({ grade }) => grade === undefined)
    ? exit.trouble
    : codes.includes(1)
      ? exit.nonConformant
      : Math.max(0, ...codes);
}
