import type { PlanGrade } from '../src/plan/grade.ts';
import { fill } from './page.ts';
import { instant, line } from './view/text.ts';

/** grade.html and badge.svg: a grade under a plan on one printed page, and in a few words. */

/** How a result word is drawn. */
export const wordStyles = {
  conformant: 'pass',
  'conformant to an expired version': 'warn',
  'non-conformant': 'fail',
  incomplete: 'open',
  'not gradeable': 'open',
  ran: 'open',
} as const;
const signs = { pass: '✓', fail: '✗', warn: '!', open: '?' } as const;

/** Everything grade.html shows, as data. */
export function gradeView(grade: PlanGrade) {
  const style = wordStyles[grade.word];
  return {
    title: line(`${grade.product}: ${grade.name}`, 200),
    product: line(grade.product, 120),
    name: line(grade.name, 160),
    planTitle: line(grade.title, 160),
    banner: { style, sign: signs[style], word: grade.word },
    draft: grade.status === 'in-force' ? '' : `The plan is ${grade.status}: not for certification.`,
    tally: [
      `${grade.shall.verified} of ${grade.shall.selected} SHALL verified`,
      `${grade.failed.length} failed`,
      `graded ${instant(grade.graded)}`,
      `valid until ${grade.validUntil}`,
    ],
    gaps: grade.gaps
      .slice(0, 12)
      .map((each) => ({ kind: each.kind, what: line(each.what, 160), why: line(each.why, 260), add: line(each.add ?? '', 120) })),
    more: Math.max(0, grade.gaps.length - 12),
    failed: grade.failed.slice(0, 12),
    attested: (grade.attested ?? []).slice(0, 24),
    mustShow: grade.mustShow.map((each) => ({
      what: line(each.what, 160),
      text: line(each.text, 240),
      state: each.state,
      style: each.state === 'shown' ? 'pass' : 'open',
      sign: each.state === 'shown' ? signs.pass : signs.open,
    })),
    guides: grade.guides.map((each) => ({
      id: each.id,
      used: each.used,
      state: each.state,
      declared: line(each.declared.join(', ') || 'nothing', 120),
    })),
    replaced: line(grade.replaced.join(', '), 300),
    notCovered: grade.notCovered.map((each) => ({ what: line(each.what, 120), why: line(each.why, 160) })),
    law: grade.law.map((each) => ({ cite: line(each.cite, 200), read: each.read, open: each.settled ? '' : ' [?]' })),
    foot: [
      `${grade.tool.name} ${line(grade.tool.version, 40)}`,
      `plan SHA-256 ${grade.planSha256}`,
      'all rows: conformance.html and grade.json beside this page',
    ],
  };
}

/** One self-contained page; no request leaves it. */
export const renderGrade = (grade: PlanGrade): string => fill('grade', gradeView(grade));

const colours = { pass: '#14603a', fail: '#a32116', warn: '#7a4b00', open: '#454d58' } as const;
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Plan with variants, word and last day, as a small picture. */
export function renderBadge(grade: PlanGrade): string {
  const left = escaped(grade.name);
  const right = escaped(`${grade.status === 'in-force' ? '' : `${grade.status} · `}${grade.word} · until ${grade.validUntil}`);
  const [a, b] = [left.length * 6.6 + 16, right.length * 6.6 + 16];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${a + b}" height="22" role="img" aria-label="${left}: ${right}"><rect width="${a}" height="22" fill="#3b3a36"/><rect x="${a}" width="${b}" height="22" fill="${colours[wordStyles[grade.word]]}"/><g fill="#fff" font-family="Verdana,Helvetica,Arial,sans-serif" font-size="11"><text x="8" y="15" textLength="${a - 16}">${left}</text><text x="${a + 8}" y="15" textLength="${b - 16}">${right}</text></g></svg>\n`;
}
