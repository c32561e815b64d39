import { grade } from '../../src/core/grade.ts';
import type { Run } from '../../src/core/model.ts';
import { allLines, scorecard } from '../../src/core/scorecard.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { fixFirstView } from '../view/fix-first.ts';
import { instant, line, plural } from '../view/text.ts';
import { lineNames, marks, scenarioNames } from '../view/words.ts';

const mostOpen = 20;

/** The front page as Markdown, for the summary of a CI job (`>> "$GITHUB_STEP_SUMMARY"`) or a pull request. Far below GitHub's limit of 1 MiB. */
export function renderMarkdown(run: Run): string {
  const result = grade(run, run.finishedAt.slice(0, 10));
  const { counts } = result;
  const cells = scorecard(run.verdicts, run.selection);
  const fix = fixFirstView(run);
  const open = run.verdicts.filter(({ requirement }) => result.open.includes(requirement));
  return [
    `## ${text(run.target.name)}: ${result.result}`,
    '',
    ...(result.mute === undefined ? [] : [`**No statement is made:** ${text(result.mute)}.`, '']),
    `${counts.pass} passed, ${counts.fail} SHALL failed, ${plural(counts.warning, 'warning')}, ${counts['not-testable']} not testable, ${counts['not-applicable']} not applicable; ${plural(run.exchanges.length, 'request')}; ${instant(run.finishedAt)}; ${run.tool.name} ${run.tool.version}`,
    '',
    `| | ${allLines.map((id) => `${id} ${lineNames[id][0]}`).join(' | ')} |`,
    `|---|${allLines.map(() => ':-:|').join('')}`,
    ...allScenarios.map((scenario) => {
      const row = cells.filter((each) => each.scenario === scenario);
      return `| ${scenario} ${scenarioNames[scenario]} | ${row.map((each) => `${marks[each.mark].sign} ${marks[each.mark].word}`).join(' | ')} |`;
    }),
    '',
    ...(fix.items.length === 0 ? [] : ['### Fix first', '']),
    ...fix.items.flatMap(({ ids, level, responsible, title, expected, actual, proof }) => [
      `- **${text(ids[0] ?? '')}** (${level}, ${responsible}${ids.length > 1 ? `, and ${ids.length - 1} more` : ''}): ${text(title)}`,
      `  - expected: ${text(expected)}`,
      `  - seen: ${text(actual)}`,
      ...(proof === undefined ? [] : [`  - repeat: ${code(proof.curl)}`]),
    ]),
    ...(fix.more > 0 ? [`- and ${plural(fix.more, 'other cause')}: conformance.html has them all`] : []),
    ...(fix.items.length === 0 ? [] : ['']),
    ...(open.length === 0 ? [] : ['### SHALL requirements that could not be tested', '']),
    ...open
      .slice(0, mostOpen)
      .map(({ requirement, finding }) => `- **${text(requirement)}**: ${finding.outcome === 'not-testable' ? text(finding.reason) : ''}`),
    ...(open.length > mostOpen ? [`- and ${open.length - mostOpen} more`] : []),
    ...(open.length === 0 ? [] : ['']),
    ...run.notRun.map(({ what, why, fix: how }) => `Not run: ${text(what)} (${text(why)}). Fix: ${text(how)}`),
    '',
  ].join('\n');
}

/** What a server says draws no picture, makes no link, mentions nobody and opens no tag. */
const text = (words: string): string =>
  line(words, 400)
    .replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? sign)
    .replace(/[\\`*_{}[\]()#+!|~$-]/g, '\\$&')
    .replace(/@/g, '&#64;')
    .replace(/:\/\//g, '&#58;//')
    .replace(/www\./gi, (www) => `${www.slice(0, 3)}&#46;`);

/** A longer row of backticks than any inside. */
function code(words: string): string {
  const inside = line(words, 1500);
  const fence = '`'.repeat(1 + Math.max(0, ...[...inside.matchAll(/`+/g)].map(([run]) => run.length)));
  return `${fence} ${inside} ${fence}`;
}
