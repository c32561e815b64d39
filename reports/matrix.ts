import type { Scenario } from '../src/core/model.ts';
import { scenarios } from '../src/core/vocabulary.ts';
import { type Entrant, league, type Mark, type Matrix } from '../src/plan/matrix.ts';
import { wordStyles } from './grade.ts';
import { fill } from './page.ts';
import { duration, instant, line } from './view/text.ts';

/** matrix.html: payers x scenarios, payers x rows, and who is quickest. One page; each cell leads to the payer's own page. */

const styles: Readonly<Record<Mark, string>> = { pass: 'pass', fail: 'fail', warning: 'warn', 'not-testable': 'open', 'not-applicable': 'na' };
const signs: Readonly<Record<Mark, string>> = { pass: '✓', fail: '✗', warning: '!', 'not-testable': '?', 'not-applicable': '–' };
const worstFirst: readonly Mark[] = ['fail', 'warning', 'not-testable', 'pass', 'not-applicable'];

const pageOf = ({ folder }: Entrant, anchor: string): string => (folder === undefined ? '' : `${folder}/grade/conformance.html#${anchor}`);

function scenarioCell(entrant: Entrant, scenario: Scenario) {
  const counts = entrant.scenarios[scenario];
  const worst = counts && worstFirst.find((each) => counts[each] > 0);
  if (!counts || worst === undefined) return { style: 'none', text: '·', href: '' };
  const text = worstFirst.filter((each) => counts[each] > 0).map((each) => `${signs[each]} ${counts[each]}`);
  return { style: styles[worst], text: text.join(' '), href: pageOf(entrant, 'scorecard') };
}

/** Everything matrix.html shows, as data. */
export function matrixView({ plan, title, made, entrants }: Matrix) {
  const ids = [...new Set(entrants.flatMap(({ rows }) => Object.keys(rows)))];
  const asked = scenarios.filter((each) => entrants.some((entrant) => entrant.scenarios[each] !== undefined));
  return {
    title: line(`${plan}: ${entrants.length} payers`, 200),
    plan: line(plan, 160),
    planTitle: line(title, 160),
    made: instant(made),
    scenarios: asked,
    payers: entrants.map((each, nth) => ({
      nth: nth + 1,
      name: line(each.name, 80),
      href: each.folder === undefined ? '' : `${each.folder}/grade/grade.html`,
      why: line(each.why ?? '', 400),
      span: asked.length + 2,
      style: each.grade === undefined ? 'open' : wordStyles[each.grade.word],
      word: each.grade?.word ?? 'no grade',
      shall: each.grade === undefined ? '' : `${each.grade.shall.verified} of ${each.grade.shall.selected}`,
      first: line(each.grade?.gaps[0] === undefined ? '' : `${each.grade.gaps[0].kind}: ${each.grade.gaps[0].what}`, 120),
      cells: asked.map((scenario) => scenarioCell(each, scenario)),
    })),
    rows: ids.map((id) => ({
      id,
      level: entrants.find(({ rows }) => rows[id] !== undefined)?.rows[id]?.level ?? '',
      cells: entrants.map((entrant) => {
        const found = entrant.rows[id];
        if (found === undefined) return { style: 'none', sign: '·', href: '', text: '' };
        return { style: styles[found.mark], sign: signs[found.mark], href: pageOf(entrant, `r-${id}`), text: line(found.text, 160) };
      }),
    })),
    league: league(entrants).map(({ operation, places }) => ({
      operation,
      places: places.map((each, nth) => ({
        nth: nth + 1,
        name: line(each.name, 80),
        p50: duration(each.p50),
        p95: each.n < 20 ? '' : duration(each.p95),
        n: each.n,
      })),
    })),
  };
}

/** One self-contained page; no request leaves it. */
export const renderMatrix = (matrix: Matrix): string => fill('matrix', matrixView(matrix));
