import { fillDesk } from '../../reports/page.ts';
import { duration, line } from '../../reports/view/text.ts';
import { whatRan } from '../../reports/view/trend.ts';
import { marks, operationNames } from '../../reports/view/words.ts';
import { compare, type LatencyChange, noBaseline } from '../core/compare.ts';
import type { Run } from '../core/model.ts';
import type { CellMark } from '../core/scorecard.ts';
import { summaryOf } from '../core/summary.ts';
import { type Frame, head, runHref } from './pages.ts';

interface Side {
  readonly name: string;
  readonly run: Run;
}
const most = 300;

/** Two runs beside each other: which verdicts changed, and which times by more than chance. */
export function comparePage(frame: Frame, before: Side, after: Side): string {
  const { verdicts, latency } = compare(before.run, after.run);
  const words = new Map(
    after.run.verdicts.map(({ requirement, finding }) => [
      requirement,
      'actual' in finding ? finding.actual : 'reason' in finding ? finding.reason : '',
    ]),
  );
  return fillDesk('compare', {
    ...head(frame, 'Two runs compared'),
    before: sideOf(before),
    after: sideOf(after),
    doubt: doubtOf(before.run, after.run),
    verdicts: verdicts.slice(0, most).map(({ requirement, was, is }) => ({
      requirement,
      was: markOf(was),
      is: markOf(is),
      words: line(words.get(requirement) ?? '', 240),
    })),
    more: Math.max(0, verdicts.length - most),
    times: latency.map(timeOf),
  });
}

const sideOf = ({ name }: Side) => ({ name, href: runHref(name) });
const markOf = (word: string) => (word in marks ? marks[word as CellMark] : { ...marks['not-covered'], word: 'not in this run' });

function doubtOf(before: Run, after: Run): string {
  const [a, b] = [whatRan(summaryOf(before)), whatRan(summaryOf(after))];
  const doubts = [
    ...(before.target.name === after.target.name ? [] : [`the runs are of two payers (${before.target.name}, ${after.target.name})`]),
    ...(a === b ? [] : [`they asked different things (${a}; ${b})`]),
    ...(before.tool.version === after.tool.version ? [] : [`they were judged by two versions (${before.tool.version}, ${after.tool.version})`]),
    noBaseline(before) ?? [],
    after.partial ?? [],
  ].flat();
  return line(doubts.join('; '), 500);
}

function timeOf({ operation, source, change, errorChange, p50, p95, samples }: LatencyChange) {
  const pair = ([was, is]: readonly [number, number]) => `${duration(was)} → ${duration(is)}`;
  const bad = change === 'slower' || errorChange === 'more';
  const good = change === 'faster' || errorChange === 'fewer';
  return {
    name: `${operationNames[operation]}${source === 'k6' ? ' under load' : ''}`,
    change: [change === 'none' ? [] : change, errorChange === 'none' ? [] : `${errorChange} errors`].flat().join(', ') || 'no significant change',
    style: bad ? 'fail' : good ? 'pass' : 'none',
    p50: pair(p50),
    p95: pair(p95),
    calls: samples.join(' → '),
  };
}
