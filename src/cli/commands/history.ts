import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Pruning } from '../../desk/prune.ts';
import type { StoredRun } from '../../desk/runs.ts';
import { whole } from '../options.ts';

interface Options {
  readonly in: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly prune?: boolean;
  readonly newest?: number;
  readonly olderThan?: number;
  readonly dryRun?: boolean;
}

export function define(program: Command): void {
  program
    .command('history')
    .summary('runs that are kept: results, scenarios and times over time; and what may go')
    .argument('[target]', 'only payers whose name contains this')
    .option('--in <folder>', 'folder that holds the folders of the runs', 'out')
    .option('--json', 'print the summaries as JSON on stdout')
    .option('--html <file>', 'write the trend of one payer as a page')
    .option('--prune', 'remove runs that are over --newest or --older-than; never a signed package, nor the newest run of a payer')
    .option('--newest <count>', 'newest runs of each payer that stay', whole(1, 100_000))
    .option('--older-than <days>', 'runs that began longer ago may go', whole(1, 36_500))
    .option('--dry-run', 'with --prune: say what would go, and remove nothing')
    .action(act);
}

async function act(target: string | undefined, options: Options): Promise<void> {
  if (options.prune === true) return actPrune(options);
  const [{ runsIn }, { linesOfHistory }] = await Promise.all([import('../../desk/runs.ts'), import('../../desk/words.ts')]);
  const runs = runsIn(options.in).filter((run) => fits(run, target));
  if (runs.length === 0)
    throw new Error(
      `There is no run${target === undefined ? '' : ` of a payer called "${target}"`} in ${options.in}. \`payer-assay run\` makes one; --in names another folder.`,
    );
  if (options.html !== undefined) {
    const finished = runs.flatMap(({ name, summary }) => (summary === undefined ? [] : [{ name, summary }]));
    const names = [...new Set(finished.map(({ summary }) => summary.target))];
    const [name] = names;
    if (name === undefined || names.length > 1)
      throw new Error(
        `--html shows one payer, and these are ${names.length}: ${names.join(', ') || 'none'}. Name one: payer-assay history NAME --html FILE`,
      );
    const { renderTrend } = await import('../../../reports/trend.ts');
    writeFileSync(options.html, renderTrend(name, finished), { mode: 0o600 });
    console.log(options.html);
  } else if (options.json) console.log(JSON.stringify(runs, null, 1));
  else for (const line of linesOfHistory(runs)) console.log(line);
}

/** A run that has no summary belongs to nobody yet: it is shown with all. */
const fits = ({ summary }: StoredRun, target: string | undefined): boolean =>
  target === undefined || (summary?.target.toLowerCase().includes(target.toLowerCase()) ?? false);

async function actPrune({ newest: keep, olderThan, dryRun, json, in: folder }: Options): Promise<void> {
  if (keep === undefined && olderThan === undefined)
    throw new Error('--prune needs a limit: --newest COUNT, --older-than DAYS, or both. Nothing was removed.');
  const [{ overLimits, prune }, { formats }] = await Promise.all([import('../../desk/prune.ts'), import('../../../reports/formats.ts')]);
  const ours = new Set(Object.values(formats).map(({ file }) => file));
  const limits = { ...(keep === undefined ? {} : { keep }), ...(olderThan === undefined ? {} : { olderThanDays: olderThan }) };
  const over = overLimits(folder, limits, Date.now(), ours);
  const gone = dryRun === true ? over.filter(({ stays }) => stays === undefined).map(({ run }) => run.name) : prune(over, ours);
  if (json) console.log(JSON.stringify({ removed: dryRun === true ? [] : gone, over: over.map(plain) }, null, 1));
  else {
    for (const { run, stays } of over)
      console.log(
        stays !== undefined
          ? `stays    ${run.name}: ${stays}`
          : gone.includes(run.name)
            ? `${dryRun ? 'would go' : 'removed '} ${run.name}`
            : `stays    ${run.name}: it changed meanwhile`,
      );
    console.log(`${gone.length} run${gone.length === 1 ? '' : 's'} ${dryRun ? 'would be removed' : 'removed'} from ${folder}.`);
  }
}

const plain = ({ run: { name, startedAt, state }, stays }: Pruning) => ({ name, startedAt, state, ...(stays === undefined ? {} : { stays }) });
