import { statusOf } from '../../src/core/findings.ts';
import { mark } from '../../src/core/grade.ts';
import type { Exchange, Line, Run, Verdict } from '../../src/core/model.ts';
import { wordsOf } from '../../src/core/rubric/words.ts';
import { requirementOf } from './catalogue.ts';
import { neededFor } from './curl.ts';
import { exchangeView } from './exchange.ts';
import { responsibleFor } from './responsible.ts';
import { line, shown } from './text.ts';

/** Most harmful first: another person's data, then open doors, then missing data, then what costs time. */
const harm: readonly Line[] = ['L4', 'L3', 'L2', 'L7', 'L6', 'L5', 'L1'];
const most = 12;
const proof = 1_500;

type Failing = Verdict & { readonly finding: Extract<Verdict['finding'], { outcome: 'fail' }> };
const isFailing = (verdict: Verdict): verdict is Failing => verdict.finding.outcome === 'fail' && verdict.expected === undefined;

const harmOf = (verdict: Verdict): number => Math.min(harm.length, ...verdict.lines.map((each) => harm.indexOf(each)));
/** A failure that is a warning only because nobody knows whether the rule binds this payer comes after all that is sure. */
const isUnsure = ({ finding, level }: Verdict): boolean => finding.outcome === 'fail' && finding.severity === 'warning' && level === 'SHALL';
/** A warning about another person's data still comes before a plain failure about a header. */
const urgency = (verdict: Verdict): number => 2 * harmOf(verdict) + (mark(verdict) === 'fail' ? 0 : isUnsure(verdict) ? 100 : 3);
const weight = (group: readonly Failing[]): readonly number[] => [
  Math.min(...group.map(urgency)),
  -group.length,
  -Math.max(...group.map((each) => (each.shows ?? each.scenarios).length)),
];

/** One answer that is a failure itself is one cause, whatever each row says of it; any other answer may break several rules for reasons of its own. */
function causeOf({ finding }: Failing, exchanges: readonly Exchange[]): string {
  const exchange = exchanges[finding.exchange];
  const failed = exchange !== undefined && exchange.probe === undefined && statusOf(exchange) >= 400;
  return failed ? `${finding.exchange}` : `${finding.exchange} ${finding.actual}`;
}

/** Failures and warnings by cause, those of one cause joined into one; the worst dozen. */
export function fixFirstView(run: Run) {
  const groups = new Map<string, Failing[]>();
  for (const verdict of run.verdicts.filter(isFailing)) {
    const key = causeOf(verdict, run.exchanges);
    const group = groups.get(key);
    if (group) group.push(verdict);
    else groups.set(key, [verdict]);
  }
  const sorted = [...groups.values()].sort((a, b) => compare(weight(a), weight(b)));
  return {
    items: sorted.slice(0, most).map((group, index) => ({ ...itemOf(group, run), open: index < 3 })),
    more: Math.max(0, sorted.length - most),
  };
}

function itemOf(group: readonly Failing[], run: Run) {
  const lead = [...group].sort((a, b) => compare(weight([a]), weight([b])))[0] as Failing;
  const exchange = run.exchanges[lead.finding.exchange];
  const row = requirementOf(run, lead.requirement);
  const view = exchange && exchangeView(exchange, proof);
  return {
    title: row?.text ?? lead.requirement,
    style: mark(lead) === 'fail' ? 'fail' : 'warn',
    responsible: responsibleFor(lead.finding, run.side),
    level: lead.level,
    ids: group.map((each) => each.requirement),
    scenarios: [...new Set(group.flatMap((each) => each.shows ?? each.scenarios))].sort().join(' '),
    source: row ? `${row.source.ig} ${row.source.version}, ${row.source.section}` : '',
    // Its own words stand first: they may say at once what is wrong.
    said: exchange !== undefined && statusOf(exchange) >= 400 ? line(wordsOf(exchange).text, 300) : '',
    expected: shown(lead.finding.expected, 600),
    actual: shown(lead.finding.actual, 600),
    others: group.filter((each) => each !== lead).map((each) => ({ id: each.requirement, expected: line(each.finding.expected, 240) })),
    proof: view ? { index: view.index, title: view.title, curl: view.curl, needs: neededFor(view.curl) } : undefined,
  };
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (const [index, each] of a.entries()) if (each !== b[index]) return each - (b[index] ?? 0);
  return 0;
};
