import type { Command } from 'commander';
import type { Comparison, LatencyChange } from '../../core/compare.ts';
import { exit } from '../failure.ts';

export function define(program: Command): void {
  program
    .command('diff')
    .summary('compare a run with a baseline: latency by significance, and every verdict that changed')
    .argument('<baseline>', 'run.json, or its folder; must be a valid run: not interrupted, no inconclusive load')
    .argument('<run>', 'run.json, or its folder')
    .option('--json', 'print the comparison as JSON on stdout')
    .addHelpText('after', '\nExit codes: 0 nothing got worse, 1 slower, more errors or a new failure, 2 the run is not whole, 3 no valid baseline.')
    .action(act);
}

async function act(baseline: string, path: string, options: { readonly json?: boolean }): Promise<void> {
  const [{ readRun }, { compare, noBaseline }] = await Promise.all([import('../../run/stored.ts'), import('../../core/compare.ts')]);
  const before = readRun(baseline);
  const why = noBaseline(before);
  if (why !== undefined) throw new Error(`${baseline} is no baseline: ${why}. Take one from a run that was completed and conclusive.`);
  const now = readRun(path);
  const found = compare(before, now);
  const worse =
    found.latency.some((each) => each.change === 'slower' || each.errorChange === 'more') || found.verdicts.some(({ is }) => is === 'fail');
  const doubt = now.partial ?? (now.verdicts.length === 0 ? 'it holds no verdicts' : undefined);
  if (options.json) console.log(JSON.stringify({ ...found, worse, ...(doubt === undefined ? {} : { doubt }) }, null, 1));
  else for (const line of linesOf(found)) console.log(line);
  if (doubt !== undefined) console.error(`${path} is not the whole of a run, so nothing can be said of what is not in it: ${doubt}.`);
  process.exitCode = doubt !== undefined ? exit.incomplete : worse ? exit.nonConformant : exit.conformant;
}

function linesOf({ latency, verdicts }: Comparison): readonly string[] {
  const changed = latency.filter((each) => each.change !== 'none' || each.errorChange !== 'none');
  return [
    ...latency.map(lineOf),
    ...verdicts.map(({ requirement, was, is }) => `${requirement}: ${was} -> ${is}`),
    `${latency.length} operations measured in both, ${changed.length} changed (significant at 1 % together); ${verdicts.length} verdicts changed`,
  ];
}

function lineOf(each: LatencyChange): string {
  const name = `${each.operation}${each.source === 'k6' ? ' under load' : ''}`;
  const word = each.change === 'none' ? 'no significant change' : each.change;
  const pair = ([was, is]: readonly [number, number]) => `${was.toFixed(1)} -> ${is.toFixed(1)} ms`;
  const errors = each.errorChange === 'none' ? '' : `; ${each.errorChange} errors: ${percent(each.errors[0])} -> ${percent(each.errors[1])}`;
  return `${name}: ${word} (p50 ${pair(each.p50)}, p95 ${pair(each.p95)}, n ${each.samples.join(' and ')}, p = ${each.p.toPrecision(2)})${errors}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
