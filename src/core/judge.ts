import { bareFor, controlsOf, lossOf } from './bare.ts';
import { boundByGuides, levelOf } from './binding.ts';
import { unsaid } from './controls.ts';
import { clip, notApplicable, notTestable, unanswered } from './findings.ts';
import { answersReadBy } from './memo.ts';
import { messageOf } from './message.ts';
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

/** The scenarios of the conversation that a failure points to, or to which what was judged belongs, where the row binds more than these. */
function shownIn({ scenarios, within }: Check, finding: Finding, evidence: Evidence): Pick<Verdict, 'shows'> {
  const exchange = finding.outcome === 'fail' ? evidence.exchanges[finding.exchange] : undefined;
  const of = within?.(evidence, exchange) ?? (exchange === undefined ? undefined : evidence.suites?.[exchange.suite]);
  const shows = of === undefined ? [] : scenarios.filter((each) => of.includes(each));
  return shows.length === 0 || shows.length === scenarios.length ? {} : { shows };
}

type Judgeable = Pick<Check, 'id' | 'holds' | 'applies' | 'judge' | 'about'>;

/**
 * One check against one history. Three laws hold for every row, unless it says that it is about just that (`about`):
 * - witness: a pass rests on at least one answer that brought something;
 * - control: where all that the judge read was refused or empty, an honest request at one of the same steps must have brought something in this run;
 * - silence: no failure comes of an answer that never came or that says "later".
 */
export function findingOf(check: Judgeable, evidence: Evidence): Finding {
  return guarded(check, evidence, () => {
    const eyes = watched(evidence);
    const { value, answers } = answersReadBy(() => check.judge(eyes));
    return value.outcome === 'pass' ? (unwitnessed(check, eyes, answers) ?? value) : value;
  });
}

/** The same for judging many single answers, as under load: without noting what was read. */
export const findingOnOne = (check: Judgeable, evidence: Evidence): Finding => guarded(check, evidence, () => check.judge(evidence));

function guarded(check: Judgeable, evidence: Evidence, judged: () => Finding): Finding {
  try {
    const bound = boundOf(check, evidence);
    if (typeof bound === 'string') return notApplicable(bound);
    if (bound !== true && 'open' in bound)
      return { ...notTestable(bound.open, bound.because), ...(bound.add === undefined ? {} : { add: bound.add }) };
    const finding = judged();
    if (finding.outcome !== 'fail') return finding;
    const exchange = evidence.exchanges.find((each) => each.index === finding.exchange);
    const silent = exchange && silence(check, exchange);
    if (silent) return silent;
    return bound === true ? finding : { ...finding, severity: 'warning', expected: `${finding.expected} (a warning only: ${bound.unknown})` };
  } catch (error) {
    const words = clip(messageOf(error));
    return notTestable(`Our judge for ${check.id} crashed: ${words}. Please report it.`, 'ours');
  }
}

/** Why an exchange says nothing about what was asked: nothing came, or "later". Undefined when it does say something, or when the row is about just that. */
function silence(check: Pick<Check, 'about'>, exchange: Exchange): Finding | undefined {
  const loss = lossOf(exchange);
  if (loss !== 'lost' && loss !== 'throttled' && loss !== 'unavailable') return undefined;
  const finding = unanswered(exchange);
  const isOurs = finding?.outcome === 'not-testable' && finding.because === 'ours';
  return bareFor(check, exchange) === undefined && !isOurs ? undefined : finding;
}

/** Why a pass proves nothing: all that was read is refused or empty, and so is everything honest at those steps. */
function unwitnessed(check: Pick<Check, 'about'>, evidence: Evidence, answers: ReadonlySet<number>): Finding | undefined {
  const read = evidence.exchanges.filter(({ index }) => answers.has(index));
  if (read.length === 0 || read.some((exchange) => bareFor(check, exchange) === undefined)) return undefined;
  const silent = read.map((exchange) => silence(check, exchange));
  if (silent.every((each) => each !== undefined)) return silent[0];
  const { request, response } = read[0] as Exchange;
  // A refusal, or nothing found, is an answer where others were served; a page of the web, or nothing at all, is none.
  const hollow = read.map(unsaid);
  if (hollow.every((each) => each !== undefined)) return hollow[0];
  const steps = new Set(read.flatMap(({ step }) => controlsOf(step)));
  const isControl = (exchange: Exchange): boolean => steps.has(exchange.step) && exchange.probe === undefined && lossOf(exchange) === undefined;
  if (evidence.exchanges.some(isControl)) return undefined;
  return notTestable(
    `${request.method} ${request.url} gave status ${response?.status ?? 0} without content, and so did every honest request of its kind (${[...steps].join(', ')}): it proves nothing.`,
    'payer',
  );
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
