import { boundByGuides, levelOf } from './binding.ts';
import { answered, clip, notApplicable, notTestable } from './findings.ts';
import { answersReadBy } from './memo.ts';
import type { Bound, Check, Evidence, Exchange, ExpectedFailure, Finding, Verdict } from './model.ts';
import { watched } from './witness.ts';

/**
 * Judges a stored history: pure, so a saved run can be graded again offline and the same checks answer inside k6.
 * A judge that throws is not-testable, never a pass (Jepsen's check-safe).
 */
export function judge(checks: readonly Check[], evidence: Evidence, today: string): readonly Verdict[] {
  const expectations = new Map((evidence.target.expectedFailures ?? []).map((each) => [each.requirement, each]));
  return checks.map((check) => {
    const finding = findingOf(check, evidence);
    const expected = standing(expectations.get(check.id), finding, today);
    return {
      requirement: check.id,
      level: levelOf(check, evidence),
      lines: check.lines,
      scenarios: check.scenarios,
      ...shownIn(check, finding, evidence),
      ...(check.measures === undefined ? {} : { measures: check.measures }),
      finding,
      ...(expected === undefined ? {} : { expected }),
    };
  });
}

/** The scenarios of the conversation that a failure points to, where the row binds more than these. */
function shownIn({ scenarios }: Check, finding: Finding, { exchanges, suites }: Evidence): Pick<Verdict, 'shows'> {
  if (finding.outcome !== 'fail') return {};
  const of = suites?.[exchanges[finding.exchange]?.suite ?? ''];
  const shows = of === undefined ? [] : scenarios.filter((each) => of.includes(each));
  return shows.length === 0 || shows.length === scenarios.length ? {} : { shows };
}

/**
 * One check against one history. Two laws hold for every row: no pass without an answer that could have failed it, and no failure from an answer that never
 * came or that says "later", unless the row says that this is what it is about.
 */
export function findingOf(check: Pick<Check, 'id' | 'holds' | 'applies' | 'judge' | 'about'>, evidence: Evidence): Finding {
  const { value: finding, answers } = answersReadBy(() => findingOnOne(check, watched(evidence)));
  if (finding.outcome !== 'pass') return finding;
  const read = [...answers].flatMap((index) => evidence.exchanges[index] ?? []);
  const silent = read.map((exchange) => silence(check, exchange));
  return silent.length > 0 && silent.every((each) => each !== undefined) ? (silent[0] ?? finding) : finding;
}

/** The same for judging many single answers, as under load: without noting what was read. */
export function findingOnOne(check: Pick<Check, 'id' | 'holds' | 'applies' | 'judge' | 'about'>, evidence: Evidence): Finding {
  try {
    const bound = boundOf(check, evidence);
    if (typeof bound === 'string') return notApplicable(bound);
    if (bound !== true && 'open' in bound) return notTestable(bound.open, bound.because);
    const finding = check.judge(evidence);
    if (finding.outcome !== 'fail') return finding;
    const exchange = evidence.exchanges.find((each) => each.index === finding.exchange);
    const silent = exchange && silence(check, exchange);
    if (silent) return silent;
    return bound === true ? finding : { ...finding, severity: 'warning', expected: `${finding.expected} (a warning only: ${bound.unknown})` };
  } catch (error) {
    return notTestable(
      `Our judge for ${check.id} crashed: ${clip(error instanceof Error ? error.message : String(error))}. Please report it.`,
      'ours',
    );
  }
}

/** Why an exchange says nothing about what was asked: nothing came, or "later". Undefined when it does say something, or when the row is about just that. */
function silence({ about }: Pick<Check, 'about'>, exchange: Exchange): Finding | undefined {
  const { response, error } = exchange;
  // A handshake has no answer, and that is no loss.
  const lost = !response && error !== undefined && exchange.request.method !== 'CONNECT';
  const loss = lost ? 'lost' : response?.status === 429 ? 'throttled' : response?.status === 503 ? 'unavailable' : undefined;
  if (loss === undefined) return undefined;
  const finding = answered(exchange);
  const isOurs = finding?.outcome === 'not-testable' && finding.because === 'ours';
  return about?.[loss] !== undefined && !isOurs ? undefined : finding;
}

/** By its guides first, then by its own condition. A reason why not outweighs what cannot be known. */
function boundOf(check: Pick<Check, 'holds' | 'applies'>, evidence: Evidence): Bound {
  const { bound } = boundByGuides(check.holds, evidence);
  if (typeof bound === 'string') return bound;
  const own = check.applies?.(evidence) ?? true;
  return own === true ? bound : own;
}

/** An expectation counts only while it fails and has not expired. */
function standing(expected: ExpectedFailure | undefined, finding: Finding, today: string): ExpectedFailure | undefined {
  return expected && finding.outcome === 'fail' && expected.expires >= today ? expected : undefined;
}
