import type { Run, Verdict } from '../../src/core/model.ts';
import { markOf } from '../../src/core/scorecard.ts';
import { requirementOf } from '../view/catalogue.ts';
import { responsibleFor } from '../view/responsible.ts';
import { line } from '../view/text.ts';
import { marks } from '../view/words.ts';

const columns = [
  'requirement',
  'level',
  'result',
  'who can unblock it',
  'scenarios',
  'lines',
  'expected',
  'seen',
  'request',
  'text',
  'guide',
  'version',
  'section',
  'url',
] as const;

/**
 * One line for each requirement, for a spreadsheet: RFC 4180, with a byte order mark because Excel reads UTF-8 by it alone.
 * A cell that a spreadsheet would take for a formula begins with an apostrophe. Source: https://owasp.org/www-community/attacks/CSV_Injection
 */
export const renderCsv = (run: Run): string =>
  `\ufeff${[columns, ...run.verdicts.map((each) => rowOf(each, run))].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;

function rowOf(verdict: Verdict, run: Run): readonly string[] {
  const { finding, requirement, level, lines, scenarios } = verdict;
  const row = requirementOf(run, requirement);
  const request = finding.outcome === 'fail' ? run.exchanges[finding.exchange]?.request : undefined;
  const [expected, seen] =
    finding.outcome === 'fail' ? [finding.expected, finding.actual] : ['', finding.outcome === 'pass' ? (finding.note ?? '') : finding.reason];
  return [
    requirement,
    level,
    marks[markOf(verdict)].word,
    finding.outcome === 'pass' ? '' : responsibleFor(finding, run.side),
    scenarios.join(' '),
    lines.join(' '),
    line(expected, 2000),
    line(seen, 2000),
    request ? line(`${request.method} ${request.url}`, 2000) : '',
    row?.text ?? '',
    row?.source.ig ?? '',
    row?.source.version ?? '',
    row?.source.section ?? '',
    row?.source.url ?? '',
  ];
}

/** Also where blanks or a full-width sign stand before it: spreadsheets look past them. */
const formula = /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const cell = (text: string): string => `"${(formula.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
