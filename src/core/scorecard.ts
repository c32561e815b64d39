import { mark } from './grade.ts';
import type { Line, Scenario, Selection, Verdict } from './model.ts';
import { allScenarios } from './steps.ts';

/** `expected` = it fails as the target file says it will; `not-covered` = no requirement of this catalogue falls into the cell. */
export type CellMark = 'fail' | 'warning' | 'expected' | 'not-testable' | 'pass' | 'not-applicable' | 'not-covered';

/** One cell of the 6 x 7 scorecard: where a scenario meets a requirement line. */
export interface Cell {
  readonly scenario: Scenario;
  readonly line: Line;
  /** The worst mark among its requirements. */
  readonly mark: CellMark;
  readonly counts: Readonly<Record<Exclude<CellMark, 'not-covered'>, number>>;
  /** Requirement ids, worst first: the way down from the front page. */
  readonly requirements: readonly string[];
}

export const allLines: readonly Line[] = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7'];

/** Worst first. Unknown beats pass: a cell half reached is not a pass. */
const order: readonly CellMark[] = ['fail', 'warning', 'expected', 'not-testable', 'pass', 'not-applicable', 'not-covered'];

/** How one verdict counts in its cells. */
export const markOf = (verdict: Verdict): Exclude<CellMark, 'not-covered'> => (verdict.expected ? 'expected' : mark(verdict));

/** A verdict counts in its scenarios; a failure only in those whose conversations show it. */
export const countsIn = ({ shows, scenarios }: Pick<Verdict, 'shows' | 'scenarios'>, scenario: Scenario): boolean =>
  (shows ?? scenarios).includes(scenario);

/** All 42 cells, by scenario and then by line. A scenario that the run left out is not covered, whatever its rows share with others. */
export function scorecard(verdicts: readonly Verdict[], selection: Selection = {}): readonly Cell[] {
  const within = (scenario: Scenario) => selection.scenarios === undefined || selection.scenarios.includes(scenario);
  return allScenarios.flatMap((scenario) => allLines.map((line) => cellOf(scenario, line, within(scenario) ? verdicts : [])));
}

function cellOf(scenario: Scenario, line: Line, verdicts: readonly Verdict[]): Cell {
  const counts = { fail: 0, warning: 0, expected: 0, 'not-testable': 0, pass: 0, 'not-applicable': 0 };
  const mine = verdicts
    .filter((each) => countsIn(each, scenario) && each.lines.includes(line))
    .map((verdict) => ({ id: verdict.requirement, mark: markOf(verdict) }))
    .sort((a, b) => order.indexOf(a.mark) - order.indexOf(b.mark));
  for (const each of mine) counts[each.mark]++;
  return { scenario, line, mark: mine[0]?.mark ?? 'not-covered', counts, requirements: mine.map((each) => each.id) };
}
