import type { Scenario } from '../../src/core/model.ts';
import type { Summary, TimeSummary } from '../../src/core/summary.ts';
import { scenarios } from '../../src/core/vocabulary.ts';
import { trendPicture } from '../pictures/trend.ts';
import { count, duration, instant, line } from './text.ts';
import { marks, operationNames, scenarioNames } from './words.ts';

/** A run as a row of the history. `name` is that of its folder. */
export interface HistoryRun {
  readonly name: string;
  readonly summary: Summary;
}

const results = { conformant: marks.pass, 'non-conformant': marks.fail, incomplete: marks['not-testable'] } as const;
const most = 60;

/** Runs of one payer over time, the newest first as given: results, scenario by scenario, limit by limit. `href` leads to a run. */
export function trendView(target: string, runs: readonly HistoryRun[], href?: (name: string) => string) {
  const shown = runs.slice(0, most);
  return {
    title: line(target, 120),
    runs: shown.map((each, nth) => rowOf(each, comparable(each, shown.slice(nth + 1)), href)),
    columns: scenarios.map((id) => ({ id, name: scenarioNames[id] })),
    more: runs.length - shown.length,
    limits: limitsOf(shown),
    any: shown.length > 0,
  };
}

/** The run before that asked the same: a run of one scenario is not better than one of all. */
const comparable = ({ summary }: HistoryRun, older: readonly HistoryRun[]): Summary | undefined =>
  older.find((each) => whatRan(each.summary) === whatRan(summary))?.summary;

function rowOf({ name, summary }: HistoryRun, before: Summary | undefined, href?: (name: string) => string) {
  const { counts } = summary;
  return {
    name,
    href: href?.(name) ?? '',
    when: instant(summary.startedAt),
    ...results[summary.result],
    word: summary.result,
    why: summary.mute === undefined ? '' : line(summary.mute, 200),
    passed: count(counts.pass),
    failed: count(counts.fail),
    warnings: count(counts.warning),
    open: count(counts['not-testable']),
    what: whatRan(summary),
    cells: scenarios.map((id) => cellOf(id, summary, before)),
  };
}

/** What the run was limited to, in a few words. */
export const whatRan = ({ selection, load }: Summary): string =>
  [
    ...(selection?.plans ? [`plan ${selection.plans.join(', ')}`] : []),
    ...(selection?.scenarios ? [selection.scenarios.join(', ')] : []),
    ...(selection?.only ? [`only ${selection.only.join(', ')}`] : []),
    ...(load === undefined ? [] : [`load ${load}`]),
  ]
    .map((each) => line(each, 120))
    .join('; ') || 'everything';

function cellOf(id: Scenario, summary: Summary, before: Summary | undefined) {
  const now = summary.scenarios[id];
  if (now === undefined) return { scenario: id, ...marks['not-covered'], word: 'not part of this run', head: '–', change: '' };
  const was = before?.scenarios[id];
  const worse = was === undefined ? 0 : now.fail - was.fail;
  return {
    scenario: id,
    ...marks[now.mark],
    head: now.fail > 0 ? `${count(now.fail)} failed` : `${count(now.pass)} passed`,
    change: worse > 0 ? `${worse} more than before` : worse < 0 ? `${-worse} fewer than before` : '',
  };
}

/** One picture for each operation that has been measured: its 95th percentile over time, and the limit that was agreed or is set by a guide. */
function limitsOf(runs: readonly HistoryRun[]) {
  const series = new Map<string, { readonly at: string; readonly time: TimeSummary }[]>();
  for (const { summary } of runs.toReversed())
    for (const time of summary.times) {
      const key = `${time.operation} ${time.source}`;
      series.set(key, [...(series.get(key) ?? []), { at: summary.startedAt, time }]);
    }
  return [...series.values()].flatMap((points) => {
    const last = points.at(-1)?.time;
    if (last === undefined) return [];
    const binding = last.limits.find(({ origin }) => origin !== 'default');
    const percentile = binding?.percentile ?? 'p95';
    const values = points.map(({ at, time }) => ({
      at,
      ms: time.limits.find((each) => each.percentile === percentile)?.seen ?? time.p95,
    }));
    const name = `${operationNames[last.operation]}${last.source === 'k6' ? ' under load' : ''}`;
    const said = binding === undefined ? 'no limit is agreed' : `limit ${duration(binding.limit)} (${binding.origin})`;
    const judged =
      binding === undefined
        ? undefined
        : { pass: marks.pass, fail: marks.fail, inconclusive: marks['not-testable'], within: marks.pass, above: marks.warning }[binding.verdict];
    return [
      {
        name,
        percentile,
        now: duration(values.at(-1)?.ms ?? 0),
        first: duration(values[0]?.ms ?? 0),
        lowest: duration(Math.min(...values.map(({ ms }) => ms))),
        highest: duration(Math.max(...values.map(({ ms }) => ms))),
        runs: points.length,
        said,
        sign: judged?.sign ?? '',
        style: judged?.style ?? 'none',
        word: binding?.verdict === 'inconclusive' ? 'too few calls to decide' : (judged?.word ?? ''),
        picture: values.length < 2 ? '' : trendPicture(name, percentile, values, binding?.limit),
      },
    ];
  });
}
