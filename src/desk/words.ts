import { duration } from '../../reports/view/text.ts';
import { whatRan } from '../../reports/view/trend.ts';
import { marks, operationNames } from '../../reports/view/words.ts';
import type { Summary } from '../core/summary.ts';
import { scenarios } from '../core/vocabulary.ts';
import type { StoredRun } from './runs.ts';

const times = 6;

/** The history for a terminal: payer by payer, the newest run first, then how the times went. */
export function linesOfHistory(runs: readonly StoredRun[]): readonly string[] {
  const targets = [...new Set(runs.flatMap(({ summary }) => summary?.target ?? []))];
  const others = runs.filter(({ summary }) => summary === undefined);
  return [
    ...targets.flatMap((target) => [target, ...ofTarget(runs.filter(({ summary }) => summary?.target === target)), '']),
    ...(others.length === 0 ? [] : ['Without a result', ...others.map(otherLine), '']),
  ];
}

function ofTarget(runs: readonly StoredRun[]): readonly string[] {
  const summaries = runs.flatMap(({ summary }) => summary ?? []);
  return [
    `  ${'began (UTC)'.padEnd(17)} ${'result'.padEnd(15)} ${['passed', 'failed', 'warn', 'open'].map((word) => word.padStart(8)).join('')}  ${scenarios.join(' ')}  folder`,
    ...runs.flatMap(({ name, summary, plans }) =>
      summary === undefined
        ? []
        : [
            `  ${clock(summary.startedAt).padEnd(17)} ${summary.result.padEnd(15)} ${figures(summary)}  ${cells(summary)}  ${name}`,
            ...(whatRan(summary) === 'everything' ? [] : [`      of ${whatRan(summary)}`]),
            ...(summary.mute === undefined ? [] : [`      no statement: ${summary.mute}`]),
            ...plans.map((plan) => `      ${plan.name}: ${plan.word}`),
          ],
    ),
    ...timeLines(summaries),
  ];
}

const clock = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
const figures = ({ counts }: Summary): string =>
  [counts.pass, counts.fail, counts.warning, counts['not-testable']].map((n) => String(n).padStart(8)).join('');
const cells = (summary: Summary): string =>
  scenarios.map((id) => `${summary.scenarios[id] ? marks[summary.scenarios[id].mark].sign : ' '} `).join(' ');

/** p95 of each operation, oldest first, with the limit that binds it. */
function timeLines(summaries: readonly Summary[]): readonly string[] {
  const last = summaries[0];
  if (last === undefined || last.times.length === 0) return [];
  return [
    '  times, p95, oldest first',
    ...last.times.map(({ operation, source, limits }) => {
      const values = summaries
        .slice(0, times)
        .toReversed()
        .flatMap((each) => each.times.find((time) => time.operation === operation && time.source === source)?.p95 ?? []);
      const limit = limits.find(({ origin, percentile }) => origin !== 'default' && percentile === 'p95');
      return `    ${`${operationNames[operation]}${source === 'k6' ? ' under load' : ''}`.padEnd(32)} ${values.map(duration).join(', ')}${limit === undefined ? '' : ` (limit ${duration(limit.limit)})`}`;
    }),
  ];
}

const otherLine = ({ name, state, startedAt, why, holder }: StoredRun): string =>
  `  ${clock(startedAt).padEnd(17)} ${state.padEnd(15)} ${name}${holder === undefined ? '' : ` (process ${holder.pid})`}${why === undefined ? '' : `: ${why}`}${state === 'died' ? `: what it learned is judged by \`payer-assay regrade ${name} --out FOLDER\`` : ''}`;
