import type { Command } from 'commander';
import type { Run } from '../../core/model.ts';
import { collect, list } from '../options.ts';

export function define(program: Command): void {
  program
    .command('regrade')
    .summary("judge a stored run again with this version's rules, offline; says which verdicts changed")
    .argument('<run>', 'run.json, or the folder that holds it (also the folder of a run that died)')
    .option('--out <folder>', 'write run.json and the reports with the new verdicts there')
    .option('--with <module>', 'judge the private checks of this module as well; may be repeated', collect)
    .option('--plan <names>', 'grade under these plans instead, comma-separated, e.g. cms-provider-access@2026.11', list)
    .option('--all', 'every requirement known now, not only those of the run')
    .option('--json', 'print the changes and the result as JSON on stdout')
    .action(act);
}

interface Options {
  readonly out?: string;
  readonly with?: readonly string[];
  readonly plan?: readonly string[];
  readonly all?: boolean;
  readonly json?: boolean;
}

async function act(path: string, options: Options): Promise<void> {
  const [{ checks: ours }, { loadExtensions }, { writeRun }, { readRun }, { graded }, { grade, mark }, { report }] = await Promise.all([
    import('../../../checks/index.ts'),
    import('../extensions.ts'),
    import('../../run/store.ts'),
    import('../../run/stored.ts'),
    import('../../run/run.ts'),
    import('../../core/grade.ts'),
    import('../result.ts'),
  ]);
  const stored = readRun(path);
  if (options.plan !== undefined) {
    const [{ gradePlans, openPlans }, { catalogue }] = await Promise.all([import('../plans.ts'), import('../../../checks/catalogue.ts')]);
    process.exitCode = await gradePlans(stored, openPlans(options.plan, stored.finishedAt.slice(0, 10)), catalogue, options.out, {
      json: options.json === true,
    });
    return;
  }
  if (stored.side === 'client') throw new Error(`${path} is of a client: grade it with --plan, e.g. --plan ehr-crd-client-g31.`);
  const more = await loadExtensions(options.with ?? [], { checks: ours, suites: [] });
  const checks = [...ours, ...more.checks];
  const before = new Map(stored.verdicts.map((each) => [each.requirement, each]));
  const wanted = options.all || before.size === 0 ? checks : checks.filter((check) => before.has(check.id));
  const fresh: Run = graded(stored, wanted);
  const changes = fresh.verdicts.flatMap((now) => {
    const old = before.get(now.requirement);
    const [was, is]: readonly string[] = [old === undefined ? 'absent' : mark(old), mark(now)];
    return was === is ? [] : [{ requirement: now.requirement, was, is }];
  });
  const gone = [...before.keys()].filter((id) => !fresh.verdicts.some((each) => each.requirement === id));
  for (const id of gone) changes.push({ requirement: id, was: 'judged', is: 'absent' });
  const result = grade(fresh, fresh.finishedAt.slice(0, 10));
  if (options.json) console.log(JSON.stringify({ changes, ...result }, null, 1));
  else {
    for (const { requirement, was, is } of changes) console.log(`${requirement}: ${was} -> ${is}`);
    console.log(
      `${fresh.verdicts.length} verdicts, ${changes.length} changed: ${result.result}${result.mute === undefined ? '' : ` (${result.mute})`}`,
    );
  }
  process.exitCode = result.exitCode;
  if (options.out === undefined) return;
  writeRun(options.out, fresh);
  if (!options.json) process.exitCode = await report(fresh, options.out, { json: false });
}
