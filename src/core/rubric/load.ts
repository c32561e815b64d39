import { errorShare, overloadOf, recoveryOf } from '../load.ts';
import type { Agreement, LatencyData, LoadStage, StageKind } from '../model.ts';
import { quantile } from '../stats/quantile.ts';

/** Rubric 3, load behaviour (10 points), from the samples of a load. A criterion whose stage was not made is open and left out of the sum. */
export interface LoadCriterion {
  readonly title: string;
  readonly max: number;
  readonly points: number;
  readonly state: 'met' | 'missed' | 'open';
  /** What was seen, or why it is open. */
  readonly why: string;
}

export interface LoadScore {
  readonly points: number;
  /** Points of the criteria that could be judged. */
  readonly judged: number;
  readonly max: 10;
  readonly criteria: readonly LoadCriterion[];
}

const agreedTime = 1800;

/** CRD limits of the guide, ms: nine of ten answers. */
const crdLimit = 5000;

/** Undefined when no load was made. */
export function scoreLoad(data: LatencyData | undefined, agreement: Agreement | undefined): LoadScore | undefined {
  const load = data?.load;
  if (!data || !load) return undefined;
  const stages = (kind: StageKind): readonly LoadStage[] => (load.stages ?? []).filter((each) => each.kind === kind && each.answers.requests > 0);
  const times = (kind: StageKind, crd = false): readonly number[] =>
    data.series.flatMap((series) =>
      series.source !== 'k6' || (crd && !series.operation.startsWith('crd.'))
        ? []
        : series.total.filter((_, nth) => series.ok[nth] === 1 && load.stages?.[series.stage?.[nth] ?? -1]?.kind === kind),
    );
  const criterion = (title: string, max: number, holds: boolean | undefined, why: string): LoadCriterion => ({
    ...{ title, max, why },
    state: holds === undefined ? 'open' : holds ? 'met' : 'missed',
    points: holds ? max : 0,
  });

  const steady = stages('steady');
  const seconds = steady.reduce((sum, each) => sum + each.seconds, 0);
  const wanted = agreement?.errorRate ?? 0.001;
  const errors = errorShare(steady, wanted);
  const long = seconds >= agreedTime && load.inconclusive === undefined;
  const held = errors.share > wanted ? false : long ? true : undefined;
  const [idle, busy] = [times('idle'), times('steady')];
  const growth = idle.length < 20 || busy.length < 20 ? undefined : quantile(busy, 0.95) / quantile(idle, 0.95);
  const over = overloadOf(stages('overload'));
  const shed = over.requests === 0 ? undefined : over.bad <= Math.max(2, over.requests / 1000);
  const recovery = recoveryOf(data);
  const recovered =
    recovery === undefined ? undefined : recovery.ms !== undefined ? recovery.ms <= 60_000 : recovery.watchedMs >= 60_000 ? false : undefined;
  const beside = times('export', true);
  const criteria = [
    criterion(
      'Holds the agreed rate for 30 minutes',
      3,
      agreement?.rate === undefined && held ? undefined : held,
      steady.length === 0
        ? 'not measured'
        : `${errors.bad} of ${errors.requests} failed in ${Math.round(seconds)} s${long ? '' : '; too short, or in doubt'}`,
    ),
    criterion(
      'p95 at most twice that without load',
      2,
      growth === undefined ? undefined : growth <= 2,
      growth === undefined ? 'needs both a stage without load and one at the agreed rate' : `${growth.toFixed(1)} times`,
    ),
    criterion('Three times the rate is shed with 429 and Retry-After', 2, shed, over.requests === 0 ? 'no overload was made' : over.words),
    criterion('Recovers within a minute', 1, recovered, recovery?.ms === undefined ? 'not seen' : `${Math.round(recovery.ms / 100) / 10} s`),
    criterion(
      'Exports do not slow CRD beyond its limit',
      1,
      beside.length < 20 ? undefined : beside.filter((ms) => ms <= crdLimit).length >= beside.length * 0.9,
      beside.length < 20 ? 'too few CRD calls during an export' : `p90 ${Math.round(quantile(beside, 0.9))} ms in ${beside.length} calls`,
    ),
    criterion(
      'No answer about another member',
      1,
      load.mixedUp > 0 ? false : (load.members ?? 0) < 2 ? undefined : true,
      (load.members ?? 0) < 2 && load.mixedUp === 0
        ? 'only one member was asked about: a mix-up would not show'
        : `${load.mixedUp} of ${load.requests}`,
    ),
  ];
  const judged = criteria.filter((each) => each.state !== 'open');
  return {
    points: judged.reduce((sum, each) => sum + each.points, 0),
    judged: judged.reduce((sum, each) => sum + each.max, 0),
    max: 10,
    criteria,
  };
}
