import { checks } from '../../../checks/index.ts';
import { findingOf } from '../../../src/core/judge.ts';
import { restsOnPassing } from '../../../src/core/memo.ts';
import type { Check, Evidence, Exchange, Step, Target } from '../../../src/core/model.ts';

/** Judging one answer at a time, with the catalogue's own judges. */

const byId = new Map<string, Check>(checks.map((check) => [check.id, check]));

/** Time is judged over all answers together, by the limits: of a 95th percentile one answer in twenty may be late. */
const perAnswer = checks.filter((check) => !check.id.startsWith('time.'));

/**
 * What can be judged at each step: the requirements that held for every answer of an idle rehearsal. What needs more than one exchange is not
 * testable on one, and what already fails at rest is told in conformance.html; under load only what changes is of interest.
 */
export function judgeable(rehearsal: readonly Exchange[], target: Target): Readonly<Record<string, readonly string[]>> {
  const out: Record<string, readonly string[]> = {};
  for (const step of new Set(rehearsal.map((exchange) => exchange.step))) {
    const answers = rehearsal
      .filter((exchange) => exchange.step === step)
      .map((exchange): Evidence => ({ exchanges: [exchange], target, blocked: [] }));
    out[step] = perAnswer.filter((check) => answers.every((evidence) => findingOf(check, evidence).outcome === 'pass')).map((check) => check.id);
  }
  return out;
}

export interface Judged {
  /** p pass, f fail, - neither; in the order of the ids. */
  readonly letters: string;
  /** The first failure in words. */
  readonly why?: string;
  /** Positions of the verdicts that rest on headers or times: another answer in the same words may earn others. */
  readonly anew: readonly number[];
}

/** Every requirement on one answer. With what an answer in the same words came to, only what may differ is judged. */
export function judgeAll(ids: readonly string[], exchange: Exchange, target: Target, known?: Judged): Judged {
  // One for all: judges keep what they read from it.
  const evidence: Evidence = { exchanges: [exchange], target, blocked: [] };
  const letters = known ? [...known.letters] : [];
  const anew: number[] = [];
  let why: string | undefined;
  for (const nth of known?.anew ?? ids.keys()) {
    const check = byId.get(ids[nth] ?? '');
    if (!check) continue;
    const { value: finding, passing } = restsOnPassing(() => findingOf(check, evidence));
    letters[nth] = finding.outcome === 'pass' ? 'p' : finding.outcome === 'fail' ? 'f' : '-';
    if (passing) anew.push(nth);
    // What was seen may quote a member's data, and nothing is redacted inside k6: words are kept only where full evidence is wanted.
    if (finding.outcome === 'fail')
      why ??= target.evidence === 'full' ? `expected ${finding.expected}; seen ${finding.actual}` : `expected ${finding.expected}`;
  }
  return { letters: letters.join(''), anew, ...(why === undefined ? {} : { why }) };
}

/** For the summary of what one step is: steps without any judge are timed only. */
export const idsOf = (table: Readonly<Record<string, readonly string[]>>, step: Step): readonly string[] => table[step] ?? [];
