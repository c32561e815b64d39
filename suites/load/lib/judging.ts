import { findingOnOne } from '../../../src/core/judge.ts';
import { restsOnPassing } from '../../../src/core/memo.ts';
import type { Evidence, Exchange, Target } from '../../../src/core/model.ts';
import type { Judges } from './judges.ts';

/** Judging one answer at a time, with the catalogue's own judges. */

/** Ids of the requirements judged on an answer, by step. */
export type Judged = Readonly<Record<string, readonly string[]>>;

const evidenceOf = (exchange: Exchange, target: Target): Evidence => ({ exchanges: [exchange], target, blocked: [] });

/**
 * What can be judged at each step: the requirements that held for every answer of an idle rehearsal. What needs more than one exchange is not
 * testable on one, and what already fails without load is reported in conformance.html; under load only what changes is of interest.
 */
export function judgeable(rehearsal: readonly Exchange[], target: Target, judges: Judges): Judged {
  const out: Record<string, readonly string[]> = {};
  for (const step of new Set(rehearsal.map((exchange) => exchange.step))) {
    const answers = rehearsal.filter((exchange) => exchange.step === step).map((exchange) => evidenceOf(exchange, target));
    out[step] = [...judges.values()]
      .filter((judge) => answers.every((evidence) => findingOnOne(judge, evidence).outcome === 'pass'))
      .map(({ id }) => id);
  }
  return out;
}

/** What the judges say of one answer. */
export interface Verdicts {
  /** p pass, f fail, - neither; in the order of the ids. */
  readonly letters: string;
  /** The first failure in words. */
  readonly why?: string;
  /** Positions of the verdicts that rest on headers or times: another answer in the same words may earn others. */
  readonly anew: readonly number[];
}

/** Every requirement on one answer. With what an answer in the same words came to, only what may differ is judged. */
export function judgeAll(ids: readonly string[], exchange: Exchange, target: Target, judges: Judges, known?: Verdicts): Verdicts {
  // One for all: judges keep what they read from it.
  const evidence = evidenceOf(exchange, target);
  const letters = known ? known.letters.split('') : ids.map(() => '-');
  const anew: number[] = [];
  let why: string | undefined;
  for (const nth of known?.anew ?? ids.keys()) {
    const judge = judges.get(ids[nth] ?? '');
    if (!judge) continue;
    const { value: finding, passing } = restsOnPassing(() => findingOnOne(judge, evidence));
    letters[nth] = finding.outcome === 'pass' ? 'p' : finding.outcome === 'fail' ? 'f' : '-';
    if (passing) anew.push(nth);
    // What was seen may quote a member's data, and nothing is redacted inside k6: words are kept only where full evidence is wanted.
    if (finding.outcome === 'fail')
      why ??= target.evidence === 'full' ? `expected ${finding.expected}; seen ${finding.actual}` : `expected ${finding.expected}`;
  }
  return { letters: letters.join(''), anew, ...(why === undefined ? {} : { why }) };
}
