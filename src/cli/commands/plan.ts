import type { Command } from 'commander';

export function define(program: Command): void {
  const plan = program.command('plan').summary('plans: what a grade is bound to');
  const folder = ['--plans <folder>', 'folder of plans (default: those of this tool)'] as const;
  plan
    .command('list')
    .summary('every plan with its edition, status and rows')
    .option(...folder)
    .option('--json', 'as JSON')
    .action(list);
  plan
    .command('show')
    .summary('what a plan binds, selects, demands and leaves out')
    .argument('<plan>', 'name, e.g. cms-provider-access@2026.11; variants follow: carin-bb-claims+carin-bb=2.2.0')
    .option(...folder)
    .option('--json', 'as JSON')
    .action(show);
  plan
    .command('resolve')
    .summary('every row of a plan with its level, as frozen with the edition')
    .argument('<plan>', 'name, with variants')
    .option(...folder)
    .option('--json', 'as JSON')
    .action(resolve);
  plan
    .command('diff')
    .summary('what changes from one plan, edition or variant to another')
    .argument('<from>', 'name, with variants')
    .argument('<to>', 'name, with variants')
    .option(...folder)
    .option('--json', 'as JSON')
    .action(diff);
}

async function diff(a: string, b: string, options: Options): Promise<void> {
  const [{ planNamed, shelf }, { diffLines, planDiff }] = await Promise.all([import('../../plan/load.ts'), import('../../plan/diff.ts')]);
  const all = shelf(options.plans);
  const found = planDiff(planNamed(a, all), planNamed(b, all));
  console.log(options.json ? JSON.stringify(found, null, 1) : diffLines(found).join('\n'));
}

interface Options {
  readonly plans?: string;
  readonly json?: boolean;
}

async function list(options: Options): Promise<void> {
  const [{ planNamed, shelf }, { nameOf }] = await Promise.all([import('../../plan/load.ts'), import('../../plan/resolve.ts')]);
  const all = shelf(options.plans);
  const rows = all.plans.map((each) => {
    const { rows: levels, plan } = planNamed(nameOf(each), all);
    const count = (level: string) => Object.values(levels).filter((one) => one === level).length;
    return {
      plan: nameOf(each),
      status: each.status,
      title: each.title,
      from: each.from ?? null,
      until: each.until ?? null,
      rows: { SHALL: count('SHALL'), SHOULD: count('SHOULD'), FAST: count('FAST'), MAY: count('MAY') },
      mustShow: plan.mustShow.length,
      variants: Object.fromEntries(Object.entries(each.variants ?? {}).map(([name, values]) => [name, Object.keys(values)])),
    };
  });
  if (options.json) console.log(JSON.stringify(rows, null, 1));
  else
    for (const each of rows)
      console.log(`${each.plan.padEnd(44)} ${each.status.padEnd(9)} ${Object.values(each.rows).join('/').padEnd(14)} ${each.title}`);
}

async function show(name: string, options: Options): Promise<void> {
  const { planNamed, shelf } = await import('../../plan/load.ts');
  const { plan, guides, rows, sha256, name: full } = planNamed(name, shelf(options.plans));
  if (options.json) {
    console.log(JSON.stringify({ name: full, sha256, ...plan, guides }, null, 1));
    return;
  }
  const lines = [
    `${full} (${plan.status})  ${plan.title}`,
    `valid ${plan.from ?? 'at once'} to ${plan.until ?? 'no end'}; a grade is good for ${plan.gradeDays} days; SHA-256 ${sha256}`,
    ...plan.law.map(({ cite, read, settled, note }) => `law: ${cite} (read ${read})${settled ? '' : ' [?]'}${note === undefined ? '' : `. ${note}`}`),
    ...Object.entries(guides).map(
      ([id, { bind, accept = [], expired = [] }]) =>
        `guide: ${id} ${bind}${accept.length > 0 ? `, also ${accept.join(', ')}` : ''}${expired.length > 0 ? `; expired: ${expired.join(', ')}` : ''}`,
    ),
    `rows: ${Object.keys(rows).length}`,
    ...Object.entries(plan.raise ?? {}).map(([id, { to, law }]) => `raised: ${id} to ${to} (${law})`),
    ...plan.mustShow.map(({ what, needs }) => `must show: ${what}${needs === undefined ? '' : ` (target file: ${needs})`}`),
    ...plan.notCovered.map(({ what, why }) => `not covered: ${what} (${why})`),
    `refused in the target file: ${plan.forbid.join(', ')}`,
  ];
  console.log(lines.join('\n'));
}

async function resolve(name: string, options: Options): Promise<void> {
  const { planNamed, retractions, shelf } = await import('../../plan/load.ts');
  const { rows, plan } = planNamed(name, shelf(options.plans));
  const out = new Map(retractions(options.plans).map((each) => [each.requirement, each.why]));
  const all = Object.entries(rows).map(([id, level]) => ({ id, level, raised: plan.raise?.[id]?.law ?? null, retracted: out.get(id) ?? null }));
  if (options.json) console.log(JSON.stringify(all, null, 1));
  else
    for (const each of all)
      console.log(
        `${each.id.padEnd(44)} ${each.level}${each.raised === null ? '' : `  raised by ${each.raised}`}${each.retracted === null ? '' : `  RETRACTED: ${each.retracted}`}`,
      );
}
