import { isThrottled, statusOf } from '../findings.ts';
import type { Evidence, Exchange, Expected, Probe, Step } from '../model.ts';
import { criteriaOf } from './criteria.ts';
import { actionsIn } from './language.ts';
import { leaksOf } from './leaks.ts';
import { type ErrorReport, type ErrorScore, goodMark, leakCap, passMark, type StepMean } from './report.ts';
import { traceOf } from './trace.ts';
import { wordsOf } from './words.ts';

/**
 * Rubric 1: how useful is each provoked error to the person who must act on it? Every answered exchange whose probe says how it
 * must be answered is scored once; repetitions of a probe only decide whether the answer is stable. Pure: `probes` come from the
 * catalogue, so a saved run can be scored again.
 */
export function scoreErrors(evidence: Evidence, probes: readonly Probe[]): ErrorReport {
  const expectations = new Map(probes.flatMap((probe) => (probe.expected ? [[probe.id, probe.expected] as const] : [])));
  const provoked = evidence.exchanges.filter((each) => each.probe !== undefined && expectations.has(each.probe) && isFinal(each));
  const firsts = new Map<string, Exchange>();
  for (const exchange of provoked) if (!firsts.has(keyOf(exchange))) firsts.set(keyOf(exchange), exchange);
  const traces = traceCounts(evidence);
  const scores = [...firsts.values()].flatMap((exchange) => {
    const expected = exchange.probe === undefined ? undefined : expectations.get(exchange.probe);
    const repeats = provoked.filter((each) => keyOf(each) === keyOf(exchange));
    return expected ? [scoreOf(exchange, expected, repeats, traces, evidence)] : [];
  });
  return summarise(scores);
}

/**
 * Only refusals have messages: a probe that is served is left to its row, a redirect is not yet the answer, "later" is another one, and a request that was
 * cut off has none. An error inside a success is one all the same.
 */
const isFinal = (exchange: Exchange): boolean =>
  exchange.response !== null && !isThrottled(exchange) && (statusOf(exchange) >= 400 || ['outcome', 'oauth'].includes(wordsOf(exchange).kind));
const keyOf = (exchange: Exchange): string => `${exchange.probe} ${exchange.step} ${exchange.variant ?? ''}`;
/** Throttling may strike any repetition and says nothing about stability. */
const fingerprint = (exchange: Exchange): string | undefined =>
  [429, 503].includes(statusOf(exchange)) ? undefined : `${statusOf(exchange)} ${wordsOf(exchange).codes.join(',')}`;

function traceCounts({ exchanges }: Evidence): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const exchange of exchanges) {
    const trace = traceOf(exchange);
    if (trace !== undefined) counts.set(trace, (counts.get(trace) ?? 0) + 1);
  }
  return counts;
}

function scoreOf(
  exchange: Exchange,
  expected: Expected,
  repeats: readonly Exchange[],
  traces: ReadonlyMap<string, number>,
  evidence: Evidence,
): ErrorScore {
  const words = wordsOf(exchange);
  const leaks = leaksOf(exchange, evidence);
  const trace = traceOf(exchange);
  const otherTraces = new Set(trace !== undefined && (traces.get(trace) ?? 0) > 1 ? [trace] : []);
  const unstable = new Set(repeats.flatMap((each) => fingerprint(each) ?? [])).size > 1;
  const criteria = criteriaOf({ exchange, expected, words, leaks, unstable, otherTraces });
  const sum = criteria.reduce((total, each) => total + each.points, 0);
  const points = criteria[0]?.points === 0 ? 0 : leaks.length > 0 ? Math.min(leakCap, sum) : sum;
  return {
    exchange: exchange.index,
    probe: exchange.probe ?? '',
    step: exchange.step,
    status: statusOf(exchange),
    expected,
    points,
    grade: points >= goodMark ? 'good' : points >= passMark ? 'pass' : 'miss',
    criteria,
    words: words.text === '' ? words.diagnostics : words.text,
    actions: actionsIn(`${words.text} ${words.diagnostics}`),
    leaks,
  };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

/** Minimum, mean, and mean per step; the run fails when any error leaks data or more than 5 % of client faults are answered 5xx. */
function summarise(scores: readonly ErrorScore[]): ErrorReport {
  const points = scores.map((each) => each.points);
  const client = scores.filter((each) => each.expected.status[0] < 500);
  const wronged = client.filter((each) => each.status >= 500 && !each.expected.status.includes(each.status));
  const serverFaults = client.length === 0 ? 0 : wronged.length / client.length;
  const leaking = scores.filter((each) => each.leaks.length > 0);
  return {
    scores,
    count: scores.length,
    ...(points.length === 0 ? {} : { minimum: Math.min(...points), mean: mean(points) }),
    steps: perStep(scores),
    good: scores.filter((each) => each.grade === 'good').length,
    passed: scores.filter((each) => each.grade !== 'miss').length,
    serverFaults,
    failures: [
      ...leaking.map((each) => `The answer to ${each.probe} shows ${each.leaks.join(' and ')}.`),
      ...(serverFaults > 0.05 ? [`${wronged.length} of ${client.length} client faults were answered with a 5xx status (at most 5 % may be).`] : []),
    ],
  };
}

function perStep(scores: readonly ErrorScore[]): readonly StepMean[] {
  const steps = [...new Set<Step>(scores.map((each) => each.step))];
  return steps.map((step) => {
    const points = scores.filter((each) => each.step === step).map((each) => each.points);
    return { step, count: points.length, minimum: Math.min(...points), mean: mean(points) };
  });
}
