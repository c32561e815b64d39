import { checks } from '../../../checks/index.ts';
import { findingOf } from '../../../src/core/judge.ts';
import type { Check, Evidence, Exchange, Finding, Step, Target } from '../../../src/core/model.ts';

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
    const answers = rehearsal.filter((exchange) => exchange.step === step).map((exchange) => evidenceOf(exchange, target));
    out[step] = perAnswer.filter((check) => answers.every((evidence) => findingOf(check, evidence).outcome === 'pass')).map((check) => check.id);
  }
  return out;
}

export interface Judged {
  /** p pass, f fail, - neither; in the order of the ids. */
  readonly letters: string;
  /** The first failure in words. */
  readonly why?: string;
  readonly failed: readonly string[];
}

export function judgeAll(ids: readonly string[], exchange: Exchange, target: Target): Judged {
  // One for all: judges keep what they read from it.
  const evidence = evidenceOf(exchange, target);
  let letters = '';
  let why: string | undefined;
  const failed: string[] = [];
  for (const id of ids) {
    const check = byId.get(id);
    const finding: Finding = check ? findingOf(check, evidence) : { outcome: 'not-testable', reason: 'unknown' };
    letters += finding.outcome === 'pass' ? 'p' : finding.outcome === 'fail' ? 'f' : '-';
    if (finding.outcome !== 'fail') continue;
    failed.push(id);
    // What was seen may quote a member's data, and nothing is redacted inside k6: words are kept only where full evidence is wanted.
    why = why ?? (target.evidence === 'full' ? `expected ${finding.expected}; seen ${finding.actual}` : `expected ${finding.expected}`);
  }
  return { letters, failed, ...(why === undefined ? {} : { why }) };
}

const evidenceOf = (exchange: Exchange, target: Target): Evidence => ({ exchanges: [exchange], target, blocked: [] });

/** For the summary of what one step is: steps without any judge are timed only. */
export const idsOf = (table: Readonly<Record<string, readonly string[]>>, step: Step): readonly string[] => table[step] ?? [];
