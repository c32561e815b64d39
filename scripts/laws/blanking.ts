import { hollowIn } from '../../src/core/bare.ts';
import { findingOf } from '../../src/core/judge.ts';
import { answersReadBy } from '../../src/core/memo.ts';
import type { Check, Evidence, Exchange, Finding, Loss } from '../../src/core/model.ts';
import { losses } from './losses.ts';

/** A verdict that breaks a law. */
export interface Breach {
  readonly law: 'witness' | 'own witness' | 'asked' | 'step' | 'single loss';
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

/** Losses that not every request can suffer: HEAD has no body, and a page of the web may be what was asked for. */
const hollows: readonly Loss[] = ['empty-body', 'web-page', 'off-topic'];
/** No answer at all, whatever else was served: where a row hopes for a refusal, or for nothing, the others are what it hopes for. */
const none: readonly Loss[] = [...silent, ...hollows];
/** Nor is a breakdown a refusal. */
const noRefusal: readonly Loss[] = [...none, 'crashed'];

/**
 * Witness: every answer of the run is lost, in one way after the other: no pass stays.
 * Own witness: the answers that a pass rests on are lost alone, in the ways that are no answer at all. Where it then rests on others, they are lost as well: it
 * does not stay a pass in the end, and what says nothing never makes a failure.
 * Asked: the answers to the probes of the row are lost alone in these ways: whatever its control was given, it does not stay a pass.
 * Step: all answers of one step alone are lost, such as every bulk file; no verdict turns to fail.
 * Single loss: one answer alone is lost in a way that says nothing; no verdict turns to fail. `share` (0-1) of the single losses is tried.
 */
export function tryLosses(checks: readonly Check[], evidence: Evidence, share: number): LawResult {
  const every = new Set(evidence.exchanges.map(({ index }) => index));
  const rows = checks.flatMap((check) => {
    const { finding, answers, glances } = judged(check, evidence);
    return finding.outcome === 'pass' ? [{ check, answers, seen: new Set([...answers, ...glances]) }] : [];
  });
  const breaches: Breach[] = [];
  const exceptions: { requirement: string; loss: Loss; reason: string }[] = [];
  let tried = 0;
  const note = (check: Check, loss: Loss, law: Breach['law'], finding: Finding): void => {
    tried++;
    if (finding.outcome !== 'pass' && !(finding.outcome === 'fail' && silent.includes(loss))) return;
    const reason = check.about?.[loss];
    if (reason === undefined) breaches.push({ law, requirement: check.id, loss, finding });
    else exceptions.push({ requirement: check.id, loss, reason });
  };
  const wholly = kinds.map((loss) => {
    const lost = lostBy(loss, every, evidence);
    return { loss, lost, history: without(evidence, lost, loss) };
  });
  for (const { check, answers } of rows) {
    for (const { loss, lost, history } of wholly) {
      // What cannot be lost in this way may speak for the row: all that the pass rests on must be lost.
      if (lost.size > 0 && (!hollows.includes(loss) || covers(lost, answers))) note(check, loss, 'witness', findingOf(check, history));
    }
    for (const loss of none) {
      const finding = withoutWitness(check, evidence, loss, answers);
      if (finding !== undefined) note(check, loss, 'own witness', finding);
    }
    const asked = probesOf(check, answers, evidence);
    for (const loss of asked.size === 0 ? [] : noRefusal)
      if (loss === 'crashed' || covers(lostBy(loss, asked, evidence), asked))
        note(check, loss, 'asked', findingOf(check, without(evidence, asked, loss)));
  }
  for (const [step, ofStep] of byStep(every, evidence)) {
    const history = without(evidence, ofStep, 'lost');
    for (const { check, seen } of rows) {
      if (check.about?.lost !== undefined || ![...ofStep].some((index) => seen.has(index))) continue;
      tried++;
      const finding = findingOf(check, history);
      if (finding.outcome === 'fail')
        breaches.push({ law: 'step', requirement: check.id, loss: 'lost', finding, exchange: `all ${ofStep.size} of ${step}` });
    }
  }
  for (const [nth, exchange] of evidence.exchanges.entries()) {
    if (((nth * 2_654_435_761) % 1_000) / 1_000 >= share) continue;
    for (const loss of silent) {
      const history = without(evidence, new Set([exchange.index]), loss);
      for (const { check, seen } of rows) {
        if (check.about?.[loss] !== undefined || !seen.has(exchange.index)) continue;
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

/** The verdict once nothing that it reads is left, however often it finds others to rest on; undefined where not all could be lost in this way. */
function withoutWitness(check: Check, evidence: Evidence, loss: Loss, answers: ReadonlySet<number>): Finding | undefined {
  let lost = answers;
  for (;;) {
    if (lost.size === 0 || lostBy(loss, lost, evidence).size < lost.size) return undefined;
    const { finding, answers: read } = judged(check, without(evidence, lost, loss));
    const others = [...read].filter((index) => !lost.has(index));
    if (finding.outcome !== 'pass' || others.length === 0) return finding;
    lost = new Set([...lost, ...others]);
  }
}

const covers = (lost: ReadonlySet<number>, answers: ReadonlySet<number>): boolean => [...answers].every((index) => lost.has(index));

/** The answers to the row's own probes; none where it judges refusals of other questions as well. */
function probesOf({ probes = [] }: Check, answers: ReadonlySet<number>, { exchanges }: Evidence): ReadonlySet<number> {
  const own = new Set(probes.map(({ id }) => id));
  const read = exchanges.filter(({ index }) => answers.has(index));
  const isOwn = ({ probe }: Exchange): boolean => probe !== undefined && own.has(probe);
  if (read.some((each) => !isOwn(each) && (each.response?.status ?? 0) >= 400)) return new Set();
  return new Set(read.flatMap((each) => (isOwn(each) ? [each.index] : [])));
}

/**
 * An answer that was a refusal or a failure itself is not lost by being another one: those are the rows about errors, and the probes that are refused. What was
 * not asked for in JSON may be a page of the web, and not at every step one kind of answer is agreed.
 */
function lostBy(loss: Loss, answers: ReadonlySet<number>, { exchanges }: Evidence): ReadonlySet<number> {
  const canBe = (exchange: Exchange | undefined): boolean => {
    if (exchange === undefined) return false;
    if (hollows.includes(loss)) return hollowIn(losses[loss](exchange)) !== undefined;
    return !['forbidden', 'missing', 'crashed'].includes(loss) || (exchange.response?.status ?? 0) < 400;
  };
  return new Set([...answers].filter((index) => canBe(exchanges[index])));
}

/** All of them, by step. */
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
function judged(
  check: Check,
  evidence: Evidence,
): { readonly finding: Finding; readonly answers: ReadonlySet<number>; readonly glances: ReadonlySet<number> } {
  const { applies: _applies, holds: _holds, ...rest } = check;
  const bound = findingOf(check, evidence);
  if (bound.outcome !== 'pass') return { finding: bound, answers: new Set(), glances: new Set() };
  const { value: finding, answers, glances } = answersReadBy(() => findingOf(rest, evidence), { glances: true });
  return { finding, answers, glances };
}
