import { checks } from '../checks/index.ts';
import { grade } from '../src/core/grade.ts';
import type { Run } from '../src/core/model.ts';
import { postconditions } from '../src/core/postconditions.ts';
import { scoreErrors } from '../src/core/rubric/errors.ts';
import { allLines, type Cell, scorecard } from '../src/core/scorecard.ts';
import { allScenarios } from '../src/core/steps.ts';
import { fixFirstView } from './view/fix-first.ts';
import { line, plural } from './view/text.ts';
import { lineNames, marks, scenarioNames } from './view/words.ts';

export interface TerminalOptions {
  /** Default: only when standard output is a terminal and NO_COLOR is not set (https://no-color.org). */
  readonly colour?: boolean;
}

const codes: Readonly<Record<string, string>> = { pass: '32', fail: '31', warn: '33', open: '36', na: '90', none: '90', bold: '1' };
const banners = { conformant: 'pass', 'non-conformant': 'fail', incomplete: 'not-testable' } as const;
const width = 12;

/** The front page for a terminal: scorecard, post-conditions, what to fix first and the tally. */
export function renderTerminal(run: Run, options: TerminalOptions = {}): string {
  const colour = options.colour ?? (process.stdout.isTTY === true && !process.env['NO_COLOR']);
  const paint = (style: string, text: string) => (colour && codes[style] ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
  const errors = scoreErrors(
    run,
    checks.flatMap((check) => check.probes ?? []),
  );
  const cells = scorecard(run.verdicts, run.selection);
  const posts = postconditions(run, errors);
  const result = grade(run, run.finishedAt.slice(0, 10));
  const { counts } = result;
  const fix = fixFirstView(run);
  const banner = marks[banners[result.result]];
  return [
    '',
    `${' '.repeat(25)}${allLines.map((id) => lineNames[id][0].padEnd(width)).join('')}P1-P5`,
    ...allScenarios.map((scenario) => {
      const row = cells.filter((cell) => cell.scenario === scenario).map((cell) => paint(marks[cell.mark].style, short(cell).padEnd(width)));
      const five = posts
        .filter((post) => post.scenario === scenario)
        .map((post) =>
          post.state === 'met' ? paint('pass', '✓') : post.state === 'missed' ? paint('fail', '✗') : post.state === 'unknown' ? '?' : '-',
        );
      return `${scenario} ${scenarioNames[scenario].padEnd(22)}${row.join('')}${five.join('')}`;
    }),
    '',
    ...(errors.count > 0
      ? [`Errors: ${errors.count} provoked, mean ${(errors.mean ?? 0).toFixed(1)} of 20, lowest ${errors.minimum ?? 0} (14 needed)`]
      : []),
    ...loadLine(run, paint),
    ...(fix.items.length > 0 ? [paint('bold', 'Fix first')] : []),
    ...fix.items
      .slice(0, 5)
      .flatMap((item) => [
        `  ${paint(item.style, item.style === 'fail' ? '✗' : '!')} ${item.ids[0]}${item.ids.length > 1 ? ` and ${item.ids.length - 1} more` : ''} (${item.responsible})`,
        `    expected ${line(item.expected, 100)}`,
        `    saw      ${line(item.actual, 100)}`,
      ]),
    '',
    `${paint(banner.style, `${banner.sign} ${line(run.target.name, 60)}: ${result.result}`)} · ${result.failed.length} SHALL failed · ${plural(counts.warning, 'warning')} · ${counts['not-testable']} not testable · ${counts.pass} passed · ${plural(run.exchanges.length, 'request')}`,
    ...(result.mute === undefined ? [] : [paint('open', `No statement: ${line(result.mute, 300)}`)]),
    '',
  ].join('\n');
}

function short(cell: Cell): string {
  const { counts, mark } = cell;
  if (mark === 'not-covered' || mark === 'not-applicable') return marks[mark].sign;
  return `${marks[mark].sign} ${mark === 'pass' ? counts.pass : `${counts[mark]}/${counts.pass + counts.fail + counts.warning + counts.expected + counts['not-testable']}`}`;
}

/** Load in one line: whether it stayed right comes before how fast it was. */
function loadLine({ latency }: Run, paint: (style: string, text: string) => string): readonly string[] {
  const load = latency?.load;
  if (!load) return [];
  const broken = load.conformance.filter((each) => each.failed > 0);
  const facts = `Load ${line(load.profile, 30)}: ${plural(load.requests, 'request')} at ${load.rate} a second, ${load.dropped} dropped, other member's data ${load.mixedUp}`;
  if (load.mixedUp > 0 || broken.length > 0)
    return [paint('fail', `${facts}; ${plural(broken.length, 'requirement')} stopped holding (latency.html)`)];
  return [
    `${facts}; ${load.inconclusive === undefined ? `${plural(load.conformance.length, 'requirement')} held on every answer` : paint('warn', `inconclusive: ${line(load.inconclusive, 120)}`)}`,
  ];
}
