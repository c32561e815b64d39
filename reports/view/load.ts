import { compare } from '../../src/core/compare.ts';
import { ratesOf, sentIn } from '../../src/core/load.ts';
import type { LatencyData, LoadFacts, Run } from '../../src/core/model.ts';
import { scoreLoad } from '../../src/core/rubric/load.ts';
import type { OperationReport } from '../../src/core/stats/assess.ts';
import { type Held, type Knee, kneeOf, stagesHeld } from '../../src/core/stats/knee.ts';
import { quantile } from '../../src/core/stats/quantile.ts';
import { errorsPicture, slicesOf } from '../pictures/errors.ts';
import { overTimePicture } from '../pictures/over-time.ts';
import { type StagePoint, throughputPicture } from '../pictures/throughput.ts';
import { requirementOf } from './catalogue.ts';
import { count, duration, line, percent, plural } from './text.ts';
import { criterionStates, marks, operationNames } from './words.ts';

/** The half of latency.html that only a load fills. */
export function loadView(load: LoadFacts, data: LatencyData, run: Run) {
  const rows = [...load.conformance].sort((a, b) => b.failed / b.checked - a.failed / a.checked || a.requirement.localeCompare(b.requirement));
  const row = (each: (typeof rows)[number]) => ({
    ...(each.failed > 0 ? marks.fail : marks.pass),
    id: line(each.requirement, 120),
    text: requirementOf(run, each.requirement)?.text ?? '',
    checked: count(each.checked),
    failed: count(each.failed),
    share: percent(each.checked === 0 ? 0 : each.failed / each.checked),
    example: line(each.example ?? '', 300),
    rates: ratesOf(each, load.stages),
  });
  const loaded = data.series.filter((series) => series.source === 'k6');
  const slices = slicesOf(loaded);
  const held = stagesHeld(data, run.target.agreement);
  const knee = kneeOf(held);
  const points = pointsOf(held, data, knee);
  const score = scoreLoad(data, run.target.agreement);
  return {
    inconclusive: line(load.inconclusive ?? '', 300),
    picture: overTimePicture(loaded),
    broken: rows.filter((each) => each.failed > 0).map(row),
    held: rows.filter((each) => each.failed === 0).map(row),
    heldCount: plural(rows.length, 'requirement'),
    mixedUp: load.mixedUp,
    incomplete: (load.incomplete ?? 0) > 0 ? `${plural(load.incomplete ?? 0, 'answer')} had fewer entries than the same question without load.` : '',
    errorsPicture: errorsPicture(slices),
    slices: slices
      .filter((each) => each.errors > 0)
      .map((each) => ({ when: `${duration(each.from)} to ${duration(each.to)}`, answers: count(each.answers), errors: count(each.errors) })),
    stages: points.map((each) => stageRow(each, load)),
    leftOut: (load.leftOut ?? []).map(({ what, status }) => ({
      what,
      why: status === undefined ? 'not declared' : `answered ${status} without load`,
    })),
    knee: kneeWords(knee),
    throughputPicture: throughputPicture(points.map(({ point }) => point)),
    rubric: score && {
      points: score.points,
      judged: score.judged,
      max: score.max,
      criteria: score.criteria.map((each) => ({
        ...criterionStates[each.state],
        ...{ title: each.title, points: each.points, max: each.max, why: line(each.why, 200) },
      })),
    },
  };
}

interface Point extends Held {
  readonly point: StagePoint;
}

/** Where the knee is, in a sentence. */
function kneeWords(knee: Knee | undefined): string {
  if (!knee) return '';
  const { last, broke } = knee;
  if (!broke) return last ? `Every step held, up to ${last.rate} a second: the knee lies beyond.` : '';
  const next = `at ${broke.stage.rate} a second ${broke.broken}`;
  return last ? `The knee is at ${last.rate} a second: ${next}.` : `Not even the lowest step held: ${next}.`;
}

/** Every stage that counts, with what it achieved. */
function pointsOf(held: readonly Held[], data: LatencyData, knee: Knee | undefined): readonly Point[] {
  return held.flatMap((each, index) => {
    const { stage, broken } = each;
    if (stage.kind === 'warm-up' || stage.answers.requests === 0) return [];
    const times = data.series.flatMap((series) =>
      series.source === 'k6' ? series.total.filter((_, nth) => series.ok[nth] === 1 && series.stage?.[nth] === index) : [],
    );
    if (times.length === 0) return [];
    return [
      {
        ...each,
        point: {
          // A ramp that broke nowhere has not shown its knee.
          ...{ name: stage.name, throughput: times.length / stage.seconds, knee: stage === knee?.last && knee.broke !== undefined },
          ...{ p50: quantile(times, 0.5), p95: quantile(times, 0.95), holds: broken === undefined },
        },
      },
    ];
  });
}

function stageRow({ stage, broken, point: { throughput, p50, p95, knee } }: Point, load: LoadFacts) {
  const { name, seconds, answers, judged, wrong } = stage;
  const { requests, shed, shedBare, failed, late, lost, refused } = answers;
  const { wanted, sent, why } = sentIn(stage, load);
  return {
    ...(broken === undefined ? marks.pass : marks.warning),
    why: broken ?? '',
    name: `${line(name, 60)}${knee ? ' (knee)' : ''}`,
    wanted: `${Number(wanted.toFixed(2))} / s`,
    sent: `${Number(sent.toFixed(2))} / s`,
    drift: why === undefined ? '' : line(why, 200),
    got: `${throughput.toFixed(1)} / s`,
    time: duration(seconds * 1000),
    ...{ p50: duration(p50), p95: duration(p95), requests: count(requests) },
    errors: [
      [failed, '5xx'],
      [late, 'timed out'],
      [lost, 'lost'],
      [shed, 'shed'],
      [shedBare, '429 without Retry-After'],
      [refused, 'refused, but not without load'],
    ]
      .filter(([n]) => Number(n) > 0)
      .map(([n, what]) => `${count(Number(n))} ${what}`)
      .join(', '),
    wrong: wrong === 0 ? '0' : `${count(wrong)} (${percent(wrong / Math.max(1, judged))})`,
  };
}

/** Each operation beside its service level and the same in an earlier run. */
export function baselineRows(run: Run, baseline: Run | undefined, reports: readonly OperationReport[]) {
  if (!baseline) return [];
  return compare(baseline, run).latency.map((each) => {
    const report = reports.find(({ operation, source }) => operation === each.operation && source === each.source);
    const limits = report?.limits.filter(({ percentile }) => percentile === 'p50' || percentile === 'p95') ?? [];
    const mark =
      each.change === 'slower' || each.errorChange === 'more' ? marks.fail : each.change === 'faster' ? marks.pass : marks['not-applicable'];
    return {
      ...mark,
      name: `${operationNames[each.operation]}${each.source === 'k6' ? ', under load' : ''}`,
      limit: limits.map(({ percentile, limit, origin }) => `${percentile} ${duration(limit)} (${origin})`).join(', ') || 'none',
      before: `${duration(each.p50[0])} / ${duration(each.p95[0])}`,
      now: `${duration(each.p50[1])} / ${duration(each.p95[1])}`,
      change: each.errorChange === 'more' ? 'more errors' : each.change === 'none' ? 'no significant change' : each.change,
      p: each.p < 0.001 ? '< 0.001' : each.p.toFixed(3),
    };
  });
}
