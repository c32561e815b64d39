import { excluded } from '../../checks/index.ts';
import type { Run, Verdict } from '../../src/core/model.ts';
import { type CellMark, markOf } from '../../src/core/scorecard.ts';
import { requirementOf } from './catalogue.ts';
import { responsibleFor } from './responsible.ts';
import { line, shown } from './text.ts';
import { lineNames, marks, scenarioNames } from './words.ts';

const order: readonly CellMark[] = ['fail', 'warning', 'expected', 'not-testable', 'pass', 'not-applicable'];

/** Every requirement of the run, worst first, and what the wire cannot show. */
export function requirementsView(run: Run) {
  const rows = run.verdicts.map((verdict) => ({ verdict, mark: markOf(verdict) }));
  rows.sort((a, b) => order.indexOf(a.mark) - order.indexOf(b.mark));
  const counts = order.map((mark) => ({ mark, ...marks[mark], count: rows.filter((row) => row.mark === mark).length }));
  const bad = counts.some(({ mark, count }) => count > 0 && (mark === 'fail' || mark === 'warning'));
  return {
    total: rows.length,
    // With something wrong, the page opens on what is wrong; else on everything.
    buttons: counts.map((each) => ({ ...each, pressed: !bad || each.mark === 'fail' || each.mark === 'warning' })),
    levels: ['SHALL', 'SHOULD', 'MAY', 'FAST'],
    lines: Object.entries(lineNames).map(([id, [name]]) => ({ id, name: `${id} ${name}` })),
    scenarios: Object.entries(scenarioNames).map(([id, name]) => ({ id, name: `${id} ${name}` })),
    rows: rows.map(({ verdict, mark }) => rowOf(verdict, mark, run)),
    excluded: excluded.map(({ id, level, text, reason }) => ({ id, level, text, reason })),
  };
}

function rowOf(verdict: Verdict, mark: CellMark, run: Run) {
  const { finding } = verdict;
  const row = requirementOf(run, verdict.requirement);
  const failing = finding.outcome === 'fail' ? finding : undefined;
  return {
    id: verdict.requirement,
    mark,
    ...marks[mark],
    text: row?.text ?? 'This requirement is not in the catalogue of this version of the tool.',
    source: row ? `${row.source.ig} ${row.source.version}, ${row.source.section}` : '',
    level: verdict.level,
    lines: verdict.lines.join(' '),
    scenarios: verdict.scenarios.join(' '),
    expected: failing ? shown(failing.expected, 500) : '',
    actual: failing ? shown(failing.actual, 500) : '',
    failing: failing !== undefined,
    exchange: failing && run.exchanges[failing.exchange] ? String(failing.exchange) : '',
    responsible: finding.outcome === 'fail' ? responsibleFor(finding, run.side) : '',
    reason: 'reason' in finding ? line(finding.reason, 400) : finding.outcome === 'pass' && finding.note ? line(finding.note, 300) : '',
    agreed: verdict.expected
      ? `Expected until ${line(verdict.expected.expires, 20)} by ${line(verdict.expected.owner, 80)}: ${line(verdict.expected.reason, 300)}`
      : '',
  };
}
