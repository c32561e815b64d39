import { findingOf } from '../../src/core/judge.ts';
import { answersReadBy } from '../../src/core/memo.ts';
import type { Check, Evidence, Finding, Loss } from '../../src/core/model.ts';
import { watched } from '../../src/core/witness.ts';
import { losses } from './losses.ts';

/** A verdict that breaks a law. */
export interface Breach {
  readonly law: 'witness' | 'step' | 'single loss';
  readonly requirement: string;
  readonly loss: Loss;
  readonly finding: Finding;
  /** The exchange that was lost, where it was one alone. */
  readonly exchange?: string;
}

export interface LawResult {
  readonly tried: number;
  readonly breaches: readonly Breach[];
  /** Losses that rows declare to be about, each with the reason. */
  readonly exceptions: readonly { readonly requirement: string; readonly loss: Loss; readonly reason: string }[];
}

const kinds = Object.keys(losses) as Loss[];
/** Says nothing about what was asked: neither a pass nor a failure may come of it. */
const silent: readonly Loss[] = ['lost', 'throttled', 'unavailable'];

/**
 * Witness: all answers that a pass rests on are lost at once, in one way after the other. It never stays a pass, and what says nothing never makes a failure.
 * Step: all answers of one step alone are lost, such as every bulk file; no verdict turns to fail. It may stay a pass, since judges read more than they rest on.
 * Single loss: one answer alone is lost in a way that says nothing; no verdict turns to fail. `share` (0-1) of the single losses is tried.
 */
export function tryLosses(checks: readonly Check[], evidence: Evidence, share: number): LawResult {
  const eyes = watched(evidence);
  const rows = checks.flatMap((check) => {
    const { finding, answers } = findingWithAnswers(check, eyes);
    return finding.outcome === 'pass' ? [{ check, answers }] : [];
  });
  const breaches: Breach[] = [];
  const exceptions: { requirement: string; loss: Loss; reason: string }[] = [];
  let tried = 0;
  for (const { check, answers } of rows)
    for (const loss of kinds) {
      const reason = check.about?.[loss];
      const lost = lostBy(loss, answers, evidence);
      if (lost.size === 0) continue;
      const finding = findingOf(check, without(evidence, lost, loss));
      tried++;
      const broken = finding.outcome === 'pass' || (finding.outcome === 'fail' && silent.includes(loss));
      if (!broken) continue;
      if (reason === undefined) breaches.push({ law: 'witness', requirement: check.id, loss, finding });
      else exceptions.push({ requirement: check.id, loss, reason });
    }
  for (const { check, answers } of rows)
    for (const [step, ofStep] of byStep(answers, evidence)) {
      if (ofStep.size === answers.size || check.about?.lost !== undefined) continue;
      tried++;
      const finding = findingOf(check, without(evidence, ofStep, 'lost'));
      if (finding.outcome === 'fail')
        breaches.push({ law: 'step', requirement: check.id, loss: 'lost', finding, exchange: `all ${ofStep.size} of ${step}` });
    }
  for (const [nth, exchange] of evidence.exchanges.entries()) {
    if (((nth * 2_654_435_761) % 1_000) / 1_000 >= share) continue;
    const resting = rows.filter(({ answers }) => answers.has(exchange.index));
    for (const loss of silent) {
      const history = without(evidence, new Set([exchange.index]), loss);
      for (const { check } of resting) {
        if (check.about?.[loss] !== undefined) continue;
        tried++;
        const finding = findingOf(check, history);
        if (finding.outcome !== 'fail') continue;
        const { step, variant, probe } = exchange;
        const where = [step, variant, probe && `!${probe}`].filter(Boolean).join(' ');
        breaches.push({ law: 'single loss', requirement: check.id, loss, finding, exchange: `${exchange.index} ${where}` });
      }
    }
  }
  return { tried, breaches, exceptions };
}

/** An answer that was a refusal or a failure itself is not lost by being another one: those are the rows about errors, and the probes that are refused. */
const lostBy = (loss: Loss, answers: ReadonlySet<number>, { exchanges }: Evidence): ReadonlySet<number> =>
  loss === 'forbidden' || loss === 'missing' || loss === 'crashed'
    ? new Set([...answers].filter((index) => (exchanges[index]?.response?.status ?? 0) < 400))
    : answers;

/** The answers that a pass rests on, by step. */
function byStep(answers: ReadonlySet<number>, { exchanges }: Evidence): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  for (const index of answers) {
    const step = exchanges[index]?.step ?? '';
    found.set(step, (found.get(step) ?? new Set()).add(index));
  }
  return found;
}

const without = (evidence: Evidence, lost: ReadonlySet<number>, loss: Loss): Evidence => ({
  ...evidence,
  exchanges: evidence.exchanges.map((each) => (lost.has(each.index) ? losses[loss](each) : each)),
});

/** The verdict, and every answer that the judge or its control read. What only `applies` read decides whether the row binds, not how it is judged. */
function findingWithAnswers(check: Check, evidence: Evidence): { readonly finding: Finding; readonly answers: ReadonlySet<number> } {
  const { applies: _applies, holds: _holds, ...judged } = check;
  if (findingOf(check, evidence).outcome !== 'pass') return { finding: findingOf(check, evidence), answers: new Set() };
  const { value: finding, answers } = answersReadBy(() => findingOf(judged, evidence));
  return { finding, answers };
}
