import type { Scenario } from '../../src/core/model.ts';
import type { PostCondition } from '../../src/core/postconditions.ts';
import type { ErrorReport } from '../../src/core/rubric/report.ts';
import { allLines, type Cell } from '../../src/core/scorecard.ts';
import { allScenarios, scenariosOf } from '../../src/core/steps.ts';
import { line } from './text.ts';
import { lineNames, marks, scenarioNames } from './words.ts';

/** The front page: 6 x 7 cells and P1 to P5, each a way down. */
export function scorecardView(cells: readonly Cell[], posts: readonly PostCondition[], figures: Figures) {
  return {
    columns: allLines.map((id) => ({ id, name: lineNames[id][0], sub: lineNames[id][1] })),
    rows: allScenarios.map((scenario) => ({
      scenario,
      name: scenarioNames[scenario],
      cells: cells.filter((cell) => cell.scenario === scenario).map((cell) => cellView(cell, figures)),
      posts: posts.filter((post) => post.scenario === scenario).map(postView),
    })),
    sentences: allScenarios.flatMap((scenario) => sentenceOf(scenario, posts, cells)),
    posts: allScenarios.map((scenario) => ({
      scenario,
      name: scenarioNames[scenario],
      posts: posts.filter((post) => post.scenario === scenario).map(postView),
    })),
  };
}

/** Measured beside the verdicts: what stands small in the columns Time and Errors. */
export interface Figures {
  readonly errors: ErrorReport;
  /** `p95 12 ms`, by scenario. */
  readonly p95: Readonly<Partial<Record<Scenario, string>>>;
}

/** The cells alone, of a run that is still under way. */
export const liveCellsView = (cells: readonly Cell[]) => ({
  columns: allLines.map((id) => ({ id, name: lineNames[id][0] })),
  rows: allScenarios.map((scenario) => ({
    scenario,
    name: scenarioNames[scenario],
    cells: cells.filter((cell) => cell.scenario === scenario).map((cell) => ({ ...marks[cell.mark], head: headOf(cell), passed: cell.counts.pass })),
  })),
});

const headOf = ({ mark, counts }: Cell): string =>
  mark === 'pass' ? `${counts.pass} passed` : mark === 'not-covered' || mark === 'not-applicable' ? '' : `${counts[mark]} ${marks[mark].word}`;

function cellView(cell: Cell, { errors, p95 }: Figures) {
  const { counts } = cell;
  const parts = [
    counts.fail > 0 ? `${counts.fail} failed` : '',
    counts.warning > 0 ? `${counts.warning} warn` : '',
    counts.expected > 0 ? `${counts.expected} expected` : '',
    counts['not-testable'] > 0 ? `${counts['not-testable']} open` : '',
    counts.pass > 0 ? `${counts.pass} passed` : '',
  ].filter((part) => part !== '');
  const [head = cell.mark === 'not-covered' ? marks['not-covered'].word : 'not offered', ...rest] = parts;
  const mean = cell.line === 'L7' ? meanOf(cell.scenario, errors) : undefined;
  // What others asked on the way is no figure of a scenario that was left out.
  const figure = cell.mark === 'not-covered' ? undefined : cell.line === 'L6' ? p95[cell.scenario] : mean === undefined ? undefined : `${mean} of 20`;
  return {
    ...marks[cell.mark],
    scenario: cell.scenario,
    line: cell.line,
    head,
    // The worst two and what passed: more would not be read in a cell.
    small: [...(figure === undefined ? [] : [figure]), ...rest.slice(-2)].join(' · ') || quiet(cell.mark),
    covered: cell.mark !== 'not-covered',
  };
}

const quiet = (mark: Cell['mark']): string => (mark === 'pass' ? 'all' : '');

/** Mean of the errors provoked in a scenario, one decimal. */
function meanOf(scenario: Scenario, errors: ErrorReport): string | undefined {
  const mine = errors.scores.filter((score) => scenariosOf(score.step).includes(scenario));
  return mine.length === 0 ? undefined : (mine.reduce((sum, score) => sum + score.points, 0) / mine.length).toFixed(1);
}

export interface Sentence {
  readonly sign: string;
  readonly style: string;
  readonly word: string;
  readonly name: string;
  readonly text: string;
}

const states = {
  met: { ...marks.pass, word: 'met' },
  missed: { ...marks.fail, word: 'missed' },
  unknown: { ...marks['not-testable'], word: 'unknown' },
  'not-offered': { ...marks['not-applicable'], word: 'not offered' },
} as const;

const postView = (post: PostCondition) => ({
  ...states[post.state],
  id: post.id,
  number: post.id.slice(1),
  anchor: `${post.scenario}-${post.id}`,
  title: post.title,
  why: line(post.why, 320),
  exchange: post.exchange === undefined ? '' : String(post.exchange),
});

/** What a provider would notice first, one sentence a scenario; silent on scenarios in which nothing ran. */
function sentenceOf(scenario: Scenario, posts: readonly PostCondition[], cells: readonly Cell[]): readonly Sentence[] {
  const ran = cells.some((cell) => cell.scenario === scenario && cell.counts.pass + cell.counts.fail + cell.counts.warning > 0);
  if (!ran) return [];
  const mine = posts.filter((post) => post.scenario === scenario);
  const missed = mine.filter((post) => post.state === 'missed');
  const [first] = missed;
  const also =
    missed.length > 1
      ? ` Also missed: ${missed
          .slice(1)
          .map((post) => post.id)
          .join(', ')}.`
      : '';
  if (first) return [{ ...states.missed, name: scenarioNames[scenario], text: `${first.id} is missed. ${line(first.why, 240)}${also}` }];
  const absent = mine.find((post) => post.state === 'not-offered');
  if (absent) return [{ ...states['not-offered'], name: scenarioNames[scenario], text: line(absent.why, 240) }];
  const open = mine.filter((post) => post.state === 'unknown');
  if (open.length > 0)
    return [
      {
        ...states.unknown,
        name: scenarioNames[scenario],
        text: `nothing is missed; ${open.map((post) => post.id).join(', ')} could not be decided. ${line(open[0]?.why ?? '', 200)}`,
      },
    ];
  return [{ ...states.met, name: scenarioNames[scenario], text: `all five post-conditions are met.` }];
}
