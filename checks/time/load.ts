import { notApplicable, notTestable, worst } from '../../src/core/findings.ts';
import { operationOf } from '../../src/core/latency.ts';
import { limitsOf, shares } from '../../src/core/limits.ts';
import { errorShare, overloadOf, ratesOf, recoveryOf } from '../../src/core/load.ts';
import type { Check, Evidence, Fault, Finding, LatencySeries, LoadFacts, LoadStage, Operation, StageKind } from '../../src/core/model.ts';
import { quantile } from '../../src/core/stats/quantile.ts';
import { judgeShare } from '../../src/core/stats/wilson.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { notAgreed } from '../applies.ts';
import { useCase } from '../sources.ts';

/**
 * Requirements that show under load only. A doubt about the load generator takes away a pass and any finding about speed; a wrong answer stays wrong.
 */
const source = useCase('Scenario 1 line 6');
const about = { level: 'FAST', lines: ['L6'], scenarios: allScenarios, source } as const satisfies Partial<Check>;

const loadOf = ({ latency }: Evidence): LoadFacts | undefined => latency?.load;
const stagesOf = (evidence: Evidence, ...kinds: readonly StageKind[]): readonly LoadStage[] =>
  (loadOf(evidence)?.stages ?? []).filter((each) => kinds.includes(each.kind) && each.answers.requests > 0);
const needs = (evidence: Evidence, kind: StageKind, profiles: string): true | string =>
  loadOf(evidence) === undefined
    ? `no load was made: it needs the operator's consent and --load ${profiles}`
    : stagesOf(evidence, kind).length > 0 || `the load profile ${loadOf(evidence)?.profile} has no such stage; --load ${profiles} has`;

/** The first single-caller exchange of an operation: the same request without load. */
const atRest = ({ exchanges }: Evidence, operation?: Operation): number =>
  exchanges.find((each) => each.probe === undefined && (operation === undefined || operationOf(each) === operation))?.index ?? 0;
const fails = (evidence: Evidence, expected: string, actual: string, operation?: Operation): Finding => ({
  ...{ outcome: 'fail', expected, actual },
  exchange: atRest(evidence, operation),
});
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
const ms = (value: number): string => `${Math.round(value)} ms`;
const doubted = (evidence: Evidence): Finding | undefined => {
  const why = loadOf(evidence)?.inconclusive;
  return why === undefined ? undefined : notTestable(`inconclusive: ${why}`, 'set-up');
};

/** Answers that succeeded in stages of these kinds, ms. */
function timesIn(evidence: Evidence, series: LatencySeries, ...kinds: readonly StageKind[]): readonly number[] {
  const stages = loadOf(evidence)?.stages ?? [];
  return series.total.filter((_, index) => series.ok[index] === 1 && kinds.includes(stages[series.stage?.[index] ?? -1]?.kind ?? 'warm-up'));
}
const underLoad = ({ latency }: Evidence): readonly LatencySeries[] => (latency?.series ?? []).filter((each) => each.source === 'k6');

/** Fails when the share within a limit is too small, as the agreement or a guide sets it. */
function within(evidence: Evidence, kinds: readonly StageKind[], percentiles: readonly string[]): Finding {
  const doubt = doubted(evidence);
  if (doubt) return doubt;
  const findings = underLoad(evidence).flatMap((series): Finding[] => {
    const { operation } = series;
    const times = timesIn(evidence, series, ...kinds);
    const rest = timesIn(evidence, series, 'idle');
    return limitsOf(operation, evidence.target.agreement).flatMap(({ origin, percentile, limit }): Finding[] => {
      if (origin === 'default' || !percentiles.includes(percentile) || times.length === 0) return [];
      const wanted = shares[percentile];
      const { verdict, share, needed } = judgeShare(times.filter((each) => each <= limit).length, times.length, wanted);
      const seen = `${ms(quantile(times, wanted))} in ${times.length} answers (${percent(share)} in time)`;
      const beside = rest.length === 0 ? '' : `; without load ${ms(quantile(rest, wanted))}`;
      if (verdict === 'fail')
        return [fails(evidence, `${percentile} of ${operation} within ${ms(limit)} (${origin}) under load`, `${seen}${beside}`, operation)];
      // Tokens are renewed now and then: their times are judged without load (time.token), here only a miss beyond doubt.
      if (verdict === 'inconclusive' && operation === 'token') return [];
      if (verdict === 'inconclusive')
        return [
          notTestable(`${percentile} of ${operation} is ${seen}, within ${ms(limit)}, but ${needed} more answers are needed to be sure.`, 'ours'),
        ];
      return [{ outcome: 'pass', note: `${operation}: ${percentile} ${seen}${beside}.` }];
    });
  });
  return findings.length === 0
    ? notApplicable('No limit is agreed for what was asked under load; the figures are information only.')
    : worst(findings);
}

/** Smoke asks whether it works under load at all: a miss beyond doubt is one, but no limit is proven to be met in its few seconds. */
function unlessSmoke(evidence: Evidence, finding: Finding): Finding {
  if (loadOf(evidence)?.profile !== 'smoke' || finding.outcome === 'fail') return finding;
  const seen = 'reason' in finding ? finding.reason : (finding.note ?? '');
  return notApplicable(`--load smoke is too short to prove it, --load agreed is not; for information: ${seen}`);
}

/** Proven in a fraction of a second by the profile's own stages, shortened; an agreement makes it bind. */
const pressed = (name: string, behaviour: string, profile: string, agreement: NonNullable<Evidence['target']['agreement']> = {}): Fault => ({
  ...{ name, behaviour },
  at: ['read', 'search', 'member-match', 'cds.hook'],
  drives: [`load.${profile}`],
  target: { agreement: { rate: 30, ...agreement } },
});

export const loadChecks: readonly Check[] = [
  {
    id: 'time.load.error-rate',
    ...about,
    text: 'Under the agreed load at most 0.1% of requests fail with 5xx or time out.',
    applies: (evidence) =>
      evidence.target.agreement?.errorRate === undefined && loadOf(evidence)
        ? notAgreed(evidence.target, 'agreement.errorRate')
        : needs(evidence, 'steady', 'agreed'),
    judge(evidence) {
      const wanted = evidence.target.agreement?.errorRate ?? 0.001;
      const { bad, requests, lower, upper, needed, words } = errorShare(stagesOf(evidence, 'steady'), wanted);
      const seen = `${bad} of ${requests} (${percent(bad / requests)}): ${words}`;
      if (lower > wanted) return fails(evidence, `at most ${percent(wanted)} of the answers at the agreed rate fail`, seen);
      if (upper <= wanted) return unlessSmoke(evidence, doubted(evidence) ?? { outcome: 'pass', note: seen });
      return unlessSmoke(evidence, notTestable(`${seen}. ${needed} more requests are needed to tell this from ${percent(wanted)}.`, 'ours'));
    },
    faults: [pressed('fails one answer in eight when pressed', 'fails-one-in-eight', 'agreed', { errorRate: 0.001 })],
  },
  {
    id: 'time.load.latency-growth',
    ...about,
    measures: 'answer time',
    text: 'p95 at the agreed load is at most twice the p95 at idle.',
    applies: (evidence) => needs(evidence, 'steady', 'agreed'),
    judge: (evidence) => unlessSmoke(evidence, within(evidence, ['steady'], ['p95'])),
    faults: [pressed('gets slower with every request under way', 'slows-with-every-request', 'agreed', { limits: { read: { p95: 60 } } })],
  },
  {
    id: 'time.load.backpressure',
    ...about,
    measures: 'answer time',
    lines: ['L6', 'L7'],
    text: 'Above the agreed load the server sheds load with 429 and Retry-After instead of timeouts or 5xx, and recovers within 60 s.',
    applies: (evidence) => needs(evidence, 'overload', 'overload'),
    judge(evidence) {
      const { requests, bad, shed, words } = overloadOf(stagesOf(evidence, 'overload'));
      if (bad > Math.max(2, requests / 1000))
        return fails(evidence, 'above the agreed rate 429 or 503 with Retry-After, or an answer', `${bad} of ${requests}: ${words}`);
      const recovery = recoveryOf(evidence.latency);
      if (recovery === undefined) return notTestable('The time after the overload was not measured.', 'ours');
      if (recovery.ms === undefined)
        return recovery.watchedMs >= 60_000
          ? fails(evidence, 'answers as before within 60 s after the overload', `errors until the end, ${ms(recovery.watchedMs)} later`)
          : notTestable(`Not yet recovered when the load ended ${ms(recovery.watchedMs)} after the overload; watch for 60 s.`, 'ours');
      if (recovery.ms > 60_000) return fails(evidence, 'answers as before within 60 s after the overload', `${ms(recovery.ms)}`);
      return doubted(evidence) ?? { outcome: 'pass', note: `${shed} of ${requests} shed politely; recovered in ${ms(recovery.ms)}.` };
    },
    faults: [
      pressed('throttles without Retry-After', 'throttles-without-saying-when', 'overload'),
      pressed('breaks with 500 when overloaded', 'breaks-when-overloaded', 'overload'),
    ],
  },
  {
    id: 'time.load.isolation',
    ...about,
    measures: 'answer time',
    text: 'A running bulk export does not break the time frame of interactive calls.',
    applies: (evidence) => needs(evidence, 'export', 'isolation'),
    judge(evidence) {
      const { latency } = evidence;
      if (!latency) return notTestable('No load was made (--load).', 'target-file');
      const series = latency.series.filter((each) => !each.operation.startsWith('bulk.'));
      return within({ ...evidence, latency: { ...latency, series } }, ['export'], ['p90', 'p95']);
    },
    faults: [pressed('lets reads wait behind an export', 'slows-beside-exports', 'isolation', { limits: { read: { p90: 200 } } })],
  },
  {
    id: 'time.load.correctness',
    ...about,
    lines: ['L4', 'L6'],
    text: 'Answers under load equal the answers at idle (no mixing of patients or sessions).',
    applies: (evidence) => loadOf(evidence) !== undefined || needs(evidence, 'steady', 'smoke'),
    judge(evidence) {
      const load = loadOf(evidence);
      if (!load) return notTestable('No load was made (--load).', 'target-file');
      const answered = load.requests;
      if (load.mixedUp > 0)
        return fails(evidence, 'every answer about the member asked for', `${load.mixedUp} of ${answered} about another member`, 'read');
      if ((load.incomplete ?? 0) > 0)
        return fails(
          evidence,
          'as many entries as the same question had without load',
          `fewer in ${load.incomplete} of ${answered} answers`,
          'search',
        );
      const broken = load.conformance.filter((each) => each.failed > 0);
      const [first] = broken;
      if (first)
        return fails(
          evidence,
          `${first.requirement} holds under load as it did without load`,
          `broken in ${first.failed} of ${first.checked} answers (${ratesOf(first, load.stages)})${broken.length > 1 ? `, and ${broken.length - 1} more requirements` : ''}: ${first.example ?? ''}`,
        );
      if ((load.members ?? 0) < 2)
        return notTestable('Only one member was asked about, so a mix-up would not show. Name more members in the target file.', 'target-file');
      return doubted(evidence) ?? { outcome: 'pass', note: `${answered} answers about ${load.members} members.` };
    },
    faults: [
      pressed('mixes up two sessions now and then', 'mixes-up-sessions', 'agreed'),
      pressed('loses entries above 30 requests a second', 'loses-entries-when-pressed', 'agreed', { rate: 45 }),
    ],
  },
];

/** An overload shed as it should be, and payers that are merely slow or shy of it. */
export const loadVariations: readonly Fault[] = [
  pressed('sheds what is above its rate with 429 and Retry-After', 'sheds-politely', 'overload'),
  pressed('is slower under load where nothing is agreed', 'slows-with-every-request', 'agreed', { limits: {} }),
  pressed('is slower beside exports where nothing is agreed', 'slows-beside-exports', 'isolation', { limits: {} }),
];
