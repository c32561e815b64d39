import { fillDesk } from '../../reports/page.ts';
import { liveCellsView } from '../../reports/view/scorecard.ts';
import { bytes, count, duration, instant, line, plural, shown } from '../../reports/view/text.ts';
import { trendView, whatRan } from '../../reports/view/trend.ts';
import { marks, scenarioNames } from '../../reports/view/words.ts';
import { scenarios } from '../core/vocabulary.ts';
import type { RunState } from '../run/state.ts';
import { filesOf } from './files.ts';
import type { LiveScore } from './live.ts';
import type { StoredRun } from './runs.ts';
import type { TargetCard } from './targets.ts';

/** Everything the pages show, as data for their templates. A page is a pure function of what was found in the folders. */

/** What all pages have in common. */
export interface Frame {
  readonly token: string;
  readonly readOnly: boolean;
}

const pages = [
  { href: '/', name: 'Runs' },
  { href: '/history', name: 'History' },
  { href: '/matrix', name: 'Payers by plans' },
  { href: '/sheet', name: 'Client run sheet' },
] as const;

/** Head of a page. */
export const head = (frame: Frame, title: string, href = '', sub = '', refresh = false) => ({
  ...frame,
  title,
  sub,
  refresh,
  pages: pages.map((each) => ({ ...each, here: each.href === href })),
});

export const runHref = (name: string): string => `/runs/${encodeURIComponent(name)}`;
const historyHref = (target: string): string => `/history?target=${encodeURIComponent(target)}`;
const results = { conformant: marks.pass, 'non-conformant': marks.fail, incomplete: marks['not-testable'] } as const;
const states = {
  running: { ...marks['not-covered'], word: 'under way' },
  died: { ...marks.fail, word: 'died' },
  failed: { ...marks.fail, word: 'did not start, or cannot be read' },
} as const;
const mostRuns = 100;

export interface Home {
  readonly targets: readonly TargetCard[];
  readonly plans: readonly { readonly name: string; readonly status: string }[];
  readonly profiles: readonly { readonly name: string; readonly title: string }[];
  readonly runs: readonly StoredRun[];
  readonly stateOf: (run: StoredRun) => RunState | undefined;
  readonly out: string;
  readonly targetFolder: string;
}

export function homePage(frame: Frame, { runs, targets, stateOf, ...home }: Home): string {
  const known = new Set(runs.flatMap(({ summary }) => summary?.target ?? []));
  const past = runs.filter(({ state }) => state !== 'running');
  return fillDesk('home', {
    ...head(frame, 'Runs', '/'),
    ...home,
    scenarios: scenarios.map((id) => ({ id, name: scenarioNames[id] })),
    targets: targets.map(({ guides, ...each }) => ({
      ...each,
      name: line(each.name, 120),
      base: line(each.base, 200),
      guides: guides.map((guide) => line(guide, 80)).join(', '),
      history: known.has(each.name) ? historyHref(each.name) : '',
    })),
    running: runs
      .filter(({ state }) => state === 'running')
      .map((run) => {
        const state = stateOf(run);
        const where =
          state === undefined
            ? 'it has just been started'
            : `${state.over} of ${plural(state.suites, 'conversation')} over, ${plural(state.requests, 'request')}`;
        return { name: run.name, href: runHref(run.name), since: instant(run.startedAt), where };
      }),
    runs: past.slice(0, mostRuns).map(rowOf),
    more: Math.max(0, past.length - mostRuns),
  });
}

function rowOf({ name, state, startedAt, summary, why }: StoredRun) {
  const mark = summary === undefined ? states[state === 'finished' ? 'failed' : state] : { ...results[summary.result], word: summary.result };
  return {
    ...mark,
    name,
    href: runHref(name),
    when: instant(startedAt),
    what: summary === undefined ? line(why ?? name, 200) : whatRan(summary),
    target: line(summary?.target ?? '', 120),
    passed: summary === undefined ? '' : count(summary.counts.pass),
    failed: summary === undefined ? '' : count(summary.failed.length),
    open: summary === undefined ? '' : count(summary.counts['not-testable']),
    finished: summary !== undefined,
  };
}

/** The pieces that change while a run is under way: each is sent again when it differs. */
export function liveParts(state: RunState | undefined, score: LiveScore | undefined, log: string) {
  return {
    state: fillDesk('live', liveView(state)),
    score: fillDesk('score', scoreView(score)),
    log: fillDesk('log', { lines: linesOf(log) }),
  };
}

const liveView = (state: RunState | undefined) => ({
  over: state?.over ?? 0,
  suites: Math.max(1, state?.suites ?? 1),
  requests: count(state?.requests ?? 0),
  last: line(state?.last ?? '', 200),
  idle: state === undefined ? 'It is starting.' : 'Between two conversations, or judging and writing the reports.',
  underWay: (state?.underWay ?? []).map(({ suite, title, since, waits, asks }) => ({
    suite: line(suite, 80),
    title: line(title, 120),
    since: `${since.slice(11, 19)} UTC`,
    waits: line(waits ?? '', 200),
    asks: line(asks ?? '', 200),
  })),
});

const mostFailures = 20;
const scoreView = (score: LiveScore | undefined) => ({
  ...(score === undefined ? { columns: [], rows: [] } : liveCellsView(score.cells)),
  exchanges: count(score?.exchanges ?? 0),
  failures: (score?.failures ?? []).slice(0, mostFailures).map((each) => ({
    requirement: each.requirement,
    expected: line(each.expected, 200),
    actual: line(each.actual, 300),
  })),
  more: Math.max(0, (score?.failures.length ?? 0) - mostFailures),
});

const linesOf = (log: string): readonly string[] => shown(log, 40_000).split('\n');

export interface RunPage {
  readonly run: StoredRun;
  readonly state?: RunState | undefined;
  readonly score?: LiveScore | undefined;
  readonly log: string;
}

export function runPage(frame: Frame, { run, state, score, log }: RunPage): string {
  const { summary, name } = run;
  const running = run.state === 'running';
  return fillDesk('run', {
    ...head(frame, line(summary?.target ?? state?.target ?? name, 120), '', `${instant(run.startedAt)} · ${name}`, running),
    running,
    // Who only looks on may not mark cases.
    byHand: !frame.readOnly && /^http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/$/.test(state?.sheet ?? '') ? (state?.sheet ?? '') : '',
    judgedLive: state?.side !== 'client',
    events: `${runHref(name)}/events`,
    stop: `${runHref(name)}/stop`,
    live: liveView(state),
    score: scoreView(score),
    ...resultOf(run),
    facts:
      summary === undefined
        ? []
        : [
            `${summary.failed.length} SHALL failed`,
            plural(summary.counts.warning, 'warning'),
            `${summary.counts['not-testable']} not testable`,
            `${count(summary.counts.pass)} passed`,
            plural(summary.requests, 'request'),
            duration(Math.max(0, Date.parse(summary.finishedAt) - Date.parse(summary.startedAt))),
            whatRan(summary),
            `exit code ${summary.exitCode}`,
          ],
    scenarios: scenarios.flatMap((id) => {
      const each = summary?.scenarios[id];
      return each === undefined
        ? []
        : [
            {
              ...marks[each.mark],
              name: scenarioNames[id],
              text: `${each.fail} failed, ${plural(each.warning, 'warning')}, ${each.open} not testable, ${each.pass} passed`,
            },
          ];
    }),
    plans: run.plans.map((each) => ({ name: line(each.name, 80), word: line(each.word, 80) })),
    files: running
      ? []
      : filesOf(run.folder).map(({ name: file, use, size }) => ({ name: file, use, size: bytes(size), href: `${runHref(name)}/files/${file}` })),
    sheet: state?.side === 'client' || summary?.side === 'client' ? `/sheet?run=${encodeURIComponent(name)}` : '',
    history: summary === undefined ? '' : historyHref(summary.target),
    hasLog: log !== '' || running,
    lines: linesOf(log),
  });
}

function resultOf({ state, summary, why }: StoredRun) {
  if (summary !== undefined) return { ...results[summary.result], word: summary.result, why: line(summary.mute ?? '', 300) };
  if (state === 'died')
    return { ...states.died, why: 'the process has gone. What its journal holds is judged by: payer-assay regrade FOLDER --out ELSEWHERE' };
  return { ...states.failed, why: line(why ?? '', 300) };
}

export function historyPage(frame: Frame, target: string, runs: readonly StoredRun[]): string {
  const names = [...new Set(runs.flatMap(({ summary }) => summary?.target ?? []))];
  const wanted = target === '' ? (names[0] ?? '') : target;
  const mine = runs.flatMap(({ name, summary }) => (summary !== undefined && summary.target === wanted ? [{ name, summary }] : []));
  return fillDesk('history', {
    ...head(frame, wanted === '' ? 'History' : `History of ${line(wanted, 100)}`, '/history'),
    others: names.filter((name) => name !== wanted).map((name) => ({ name: line(name, 100), href: historyHref(name) })),
    trend: trendView(wanted, mine, runHref),
  });
}

export function matrixPage(frame: Frame, runs: readonly StoredRun[]): string {
  const columns = [...new Set(runs.flatMap(({ plans }) => plans.map(({ name }) => name)))].sort();
  const payers = [...new Set(runs.flatMap(({ summary, plans }) => (summary !== undefined && plans.length > 0 ? [summary.target] : [])))];
  return fillDesk('matrix', {
    ...head(frame, 'Payers by plans', '/matrix'),
    columns,
    rows: payers.map((payer) => ({
      name: line(payer, 120),
      cells: columns.map((column) => {
        // Runs come the newest first.
        const run = runs.find(({ summary, plans }) => summary?.target === payer && plans.some(({ name }) => name === column));
        const word = run?.plans.find(({ name }) => name === column)?.word ?? '';
        const mark = word === 'conformant' ? marks.pass : word === 'non-conformant' ? marks.fail : marks['not-testable'];
        return {
          ...mark,
          word: line(word, 60),
          href: run === undefined ? '' : runHref(run.name),
          when: run === undefined ? '' : instant(run.startedAt),
        };
      }),
    })),
  });
}

/** Something that cannot be shown or done: what, and what to do next. */
export const problemPage = (frame: Frame, what: string, next: string): string =>
  fillDesk('problem', { ...head(frame, 'Not possible'), what: line(what, 300), next: line(next, 300) });
