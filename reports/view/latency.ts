import { latencyOf } from '../../src/core/latency.ts';
import type { LatencyData, LoadFacts, Operation, Phase, Run } from '../../src/core/model.ts';
import { assess, type LimitVerdict, type OperationReport } from '../../src/core/stats/assess.ts';
import { binsOf, distributionPicture } from '../pictures/distribution.ts';
import { ink } from '../pictures/draw.ts';
import { limitsPicture } from '../pictures/limits.ts';
import { curveOf, curvePoints, percentilesPicture } from '../pictures/percentiles.ts';
import { type PhaseRow, phaseColours, phaseNames, phaseOrder, phasesPicture } from '../pictures/phases.ts';
import { crdMetric } from './crd-metric.ts';
import { baselineRows, loadView } from './load.ts';
import { count, duration, instant, line, percent, plural } from './text.ts';
import { marks, operationNames } from './words.ts';

/** Everything latency.html shows. */
export function latencyView(run: Run, baseline?: Run) {
  const data = run.latency ?? latencyOf(run.exchanges, run.startedAt);
  const reports = sorted(assess(data, run.target.agreement));
  const measured = reports.filter((report) => report.summary !== undefined);
  const phases = phaseRows(measured);
  const curves = curvesOf(measured, data);
  return {
    title: line(run.target.name, 120),
    meta: metaOf(run, data, reports),
    ...bannerOf(reports, data.load),
    any: measured.length > 0,
    limitsPicture: limitsPicture(measured),
    figures: reports.map(figuresOf),
    limits: limitRows(reports, true),
    defaults: limitRows(reports, false),
    distributions: measured.map((report) => ({
      name: nameOf(report),
      picture: distributionPicture(report),
      bins: binsOf(report.good).map((bin) => ({ range: `${duration(bin.from)} to ${duration(bin.to)}`, calls: count(bin.calls) })),
    })),
    phasesPicture: phasesPicture(phases),
    phaseKey: phaseOrder.map((phase) => ({ name: phaseNames[phase], colour: nameOfColour(phaseColours[phase]) })),
    phases: phases.map((row) => ({ name: row.name, cells: phaseOrder.map((phase) => duration(row.means[phase])) })),
    load: data.load ? loadView(data.load, data, run) : undefined,
    curvesPicture: percentilesPicture(curves),
    curveHeads: curvePoints.map((p) => (p === 0 ? 'fastest' : `p${Number((p * 100).toFixed(2))}`)),
    curves: curves.map(({ report, points }) => ({
      name: nameOf(report),
      cells: curvePoints.map((p) => show(points.find((each) => each.p === p)?.ms)),
    })),
    baseline: baselineRows(run, baseline, reports),
    baselineAt: baseline ? instant(baseline.startedAt) : '',
    crd: crdMetric(run),
    foot: footOf(run, data),
  };
}

const order = Object.keys(operationNames) as Operation[];
const sorted = (reports: readonly OperationReport[]): readonly OperationReport[] =>
  [...reports].sort((a, b) => order.indexOf(a.operation) - order.indexOf(b.operation) || a.source.localeCompare(b.source));
const nameOf = ({ operation, source }: OperationReport): string => `${operationNames[operation]}${source === 'k6' ? ', under load' : ''}`;

function metaOf(run: Run, data: LatencyData, reports: readonly OperationReport[]): readonly string[] {
  const calls = reports.reduce((sum, report) => sum + report.calls, 0);
  const { load } = data;
  if (!load) return [instant(data.startedAt), `${plural(calls, 'honest call')}, one caller at a time`, 'no load was made'];
  return [
    instant(data.startedAt),
    `profile ${line(load.profile, 40)}: ${load.rate} a second for ${duration(load.durationMs)}, open arrivals`,
    `${plural(load.requests, 'request')} under load, ${count(load.dropped)} dropped`,
    ...(load.cpu === undefined ? [] : [`load generator at ${percent(load.cpu)} of its cores`]),
    `warm-up of ${duration(load.warmUpMs)} left out`,
    `${plural(run.exchanges.length, 'single-caller exchange')} in addition`,
  ];
}

const binding = (reports: readonly OperationReport[]): readonly LimitVerdict[] =>
  reports.flatMap(({ limits }) => limits).filter(({ origin }) => origin !== 'default');

/** Only limits that somebody set can pass or fail; defaults alone leave the page informative. */
function bannerOf(reports: readonly OperationReport[], load: LoadFacts | undefined) {
  const broken = load?.conformance.filter((each) => each.failed > 0).length ?? 0;
  const failed = binding(reports).filter((each) => each.verdict === 'fail').length;
  // Where there was a load, the page is about the load: the figures of one caller are shown next to it, and conformance.html judges them.
  const asked = binding(reports.filter(({ source }) => load === undefined || source === 'k6'));
  const open = asked.filter((each) => each.verdict === 'inconclusive');
  const where = load ? ' under load' : '';
  const mixed = load ? `other member’s data: ${count(load.mixedUp)} of ${count(load.requests)}` : 'single caller only';
  const said = (mark: keyof typeof marks, word: string, why: readonly string[]) => ({ banner: { ...marks[mark], word }, tally: [...why, mixed] });
  if ((load?.mixedUp ?? 0) > 0) return said('fail', 'Wrong member’s data', ['somebody got another person’s record']);
  if (failed > 0) return said('fail', 'Too slow', [`${plural(failed, 'limit')} not kept`]);
  if (broken > 0) return said('fail', 'Not right under load', [`${plural(broken, 'requirement')} stopped holding`]);
  if (load?.inconclusive) return said('not-testable', 'Inconclusive', [line(load.inconclusive, 240)]);
  if (open.length > 0)
    // A run without load, or a smoke, is not made to decide limits: that is no doubt about the payer.
    return said(
      load === undefined || load.profile === 'smoke' ? 'not-applicable' : 'not-testable',
      load === undefined || load.profile === 'smoke' ? 'Too short to decide' : 'Inconclusive',
      [`${plural(open.length, 'limit')}${where} undecided: ${needed(Math.max(...open.map((each) => each.needed)))}`],
    );
  if (asked.length === 0)
    return said('not-applicable', 'For information', [`nobody set a limit${load ? ' on what was loaded' : ''}, so none can be broken`]);
  return said('pass', load ? `Holds at ${load.rate} a second` : 'Within its limits', [`${plural(asked.length, 'limit')} kept${where}`]);
}

// Node's transport measures whole milliseconds.
const show = (ms: number | undefined) => (ms === undefined ? '–' : ms < 0.05 ? '< 1 ms' : duration(ms));

/** Under load where there was one, else of the single caller: rare answers need many samples. */
function curvesOf(reports: readonly OperationReport[], data: LatencyData) {
  const wanted = data.load ? reports.filter(({ source }) => source === 'k6') : reports;
  return wanted.map((report) => ({ report, points: curveOf(report.good) }));
}

function figuresOf(report: OperationReport) {
  const { summary, calls, errors } = report;
  return {
    name: nameOf(report),
    source: report.source === 'k6' ? 'k6' : 'single caller',
    calls: count(calls),
    errors: errors === 0 ? '0' : `${count(errors)} (${percent(errors / calls)})`,
    errorStyle: errors > 0 ? 'fail' : 'open',
    p50: show(summary?.p50),
    p90: show(summary?.p90),
    p95: show(summary?.p95),
    p99: show(summary?.p99),
    max: show(summary?.max),
  };
}

const verdicts = {
  pass: { ...marks.pass, word: 'met' },
  fail: { ...marks.fail, word: 'not met' },
  inconclusive: { ...marks['not-testable'], word: 'inconclusive' },
  within: { ...marks['not-applicable'], word: 'within' },
  above: { ...marks.warning, word: 'above' },
} as const;

const limitRows = (reports: readonly OperationReport[], binding: boolean) =>
  reports.flatMap((report) => report.limits.filter((limit) => (limit.origin !== 'default') === binding).map((limit) => limitOf(limit, report)));

const limitOf = (limit: LimitVerdict, report: OperationReport) => ({
  ...verdicts[limit.verdict],
  name: nameOf(report),
  percentile: limit.percentile,
  limit: duration(limit.limit),
  origin: limit.origin,
  source: limit.source,
  seen: limit.seen === undefined ? '–' : duration(limit.seen),
  interval: limit.interval ? `${duration(limit.interval.low)} to ${duration(limit.interval.high)}` : '–',
  share: percent(limit.share),
  lower: percent(limit.lower),
  needed: limit.verdict === 'inconclusive' ? needed(limit.needed) : '',
});

const needed = (n: number): string =>
  Number.isFinite(n) ? `${plural(n, 'more call')} needed` : 'exactly on the limit: more calls alone will not decide it';

function phaseRows(reports: readonly OperationReport[]): readonly PhaseRow[] {
  return reports.flatMap((report) => {
    const { phases } = report.series;
    if (!phases) return [];
    const { places } = report;
    const mean = (phase: Phase) => places.reduce((sum, place) => sum + (phases[phase]?.[place] ?? 0), 0) / Math.max(1, places.length);
    return [
      {
        name: nameOf(report),
        means: { dns: mean('dns'), connect: mean('connect'), tls: mean('tls'), firstByte: mean('firstByte'), body: mean('body') },
      },
    ];
  });
}

const nameOfColour = (hex: string): string => Object.entries(ink).find(([, each]) => each === hex)?.[0] ?? 'ink';

const footOf = (run: Run, data: LatencyData): readonly string[] => [
  `${run.tool.name} ${line(run.tool.version, 40)}`,
  ...(data.load ? [line(data.load.tool, 60)] : []),
  'percentiles from HDR histograms over raw samples, answers that succeeded only; intervals 95 %, bootstrap; shares by Wilson’s lower bound',
  `limits: normative from the guides, declared in the target file, default from rubric 2 (for information)`,
];
