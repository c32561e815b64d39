import { mark } from './grade.ts';
import type { LatencySeries, Operation, Run } from './model.ts';
import { keptOf } from './stats/assess.ts';
import { summaryOf } from './stats/histogram.ts';
import { holm, rankSum, shareShift } from './stats/rank-sum.ts';

/** Two runs beside each other: what became slower, faster, more often wrong, and which verdicts changed. */

export interface LatencyChange {
  readonly operation: Operation;
  readonly source: LatencySeries['source'];
  /** ms; [before, now]. */
  readonly p50: readonly [number, number];
  readonly p95: readonly [number, number];
  readonly samples: readonly [number, number];
  /** Share of errors, 0-1. */
  readonly errors: readonly [number, number];
  /** Two-sided, before Holm's correction. */
  readonly p: number;
  /** Only what stands after the correction is a change. */
  readonly change: 'slower' | 'faster' | 'none';
  readonly errorChange: 'more' | 'fewer' | 'none';
}

export interface Comparison {
  readonly latency: readonly LatencyChange[];
  readonly verdicts: readonly { readonly requirement: string; readonly was: string; readonly is: string }[];
}

/** Why this run is no baseline; undefined when it is one. */
export function noBaseline(run: Run): string | undefined {
  const { load } = run.latency ?? {};
  if (load?.inconclusive !== undefined) return `its load is inconclusive: ${load.inconclusive}`;
  if (load && load.dropped > 0) return `its load dropped ${load.dropped} journeys`;
  if (run.partial !== undefined) return run.partial;
  if (run.verdicts.length === 0) return 'it holds no verdicts';
  const cut = run.blocked.find((each) => each.reason.includes('interrupted'));
  return cut && `it was interrupted (${cut.suite})`;
}

/** By significance, not by raw difference: every operation that both runs measured, at one level for all together. */
export function compare(before: Run, now: Run, level = 0.01): Comparison {
  const [a, b] = [samplesOf(before), samplesOf(now)];
  const pairs = [...a].flatMap(([key, old]) => {
    const fresh = b.get(key);
    return fresh && old.good.length > 0 && fresh.good.length > 0 ? [{ old, fresh }] : [];
  });
  const shifts = pairs.map(({ old, fresh }) => rankSum(old.good, fresh.good));
  const errors = pairs.map(({ old, fresh }) => shareShift(old.bad, old.all, fresh.bad, fresh.all));
  const [slower, wronger] = [
    holm(
      shifts.map((each) => each.p),
      level,
    ),
    holm(errors, level),
  ];
  const latency = pairs.map(({ old, fresh }, index): LatencyChange => {
    const [was, is] = [summaryOf(old.good), summaryOf(fresh.good)];
    const shares = [old.bad / old.all, fresh.bad / fresh.all] as const;
    return {
      ...{ operation: old.operation, source: old.source, errors: shares },
      p50: [was?.p50 ?? 0, is?.p50 ?? 0],
      p95: [was?.p95 ?? 0, is?.p95 ?? 0],
      samples: [old.good.length, fresh.good.length],
      p: shifts[index]?.p ?? 1,
      change: !slower[index] ? 'none' : (shifts[index]?.larger ?? 0.5) > 0.5 ? 'slower' : 'faster',
      errorChange: !wronger[index] ? 'none' : shares[1] > shares[0] ? 'more' : 'fewer',
    };
  });
  return { latency, verdicts: verdictChanges(before, now) };
}

function samplesOf({ latency, target }: Run) {
  const kept = latency ? keptOf(latency, target.agreement) : [];
  return new Map(
    kept.map(({ series: { operation, source }, places, good }) => [
      `${operation} ${source}`,
      { operation, source, good, bad: places.length - good.length, all: places.length },
    ]),
  );
}

function verdictChanges(before: Run, now: Run): Comparison['verdicts'] {
  const old = new Map(before.verdicts.map((each) => [each.requirement, mark(each)]));
  const fresh = new Map(now.verdicts.map((each) => [each.requirement, mark(each)]));
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((requirement) => {
    const [was, is] = [old.get(requirement) ?? 'absent', fresh.get(requirement) ?? 'absent'];
    return was === is ? [] : [{ requirement, was, is }];
  });
}
