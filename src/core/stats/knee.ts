import { limitsOf, shares } from '../limits.ts';
import { troubled, wordsOf } from '../load.ts';
import type { Agreement, LatencyData, LoadStage } from '../model.ts';
import { judgeShare } from './wilson.ts';

/** Up to which rate a payer keeps its limits and stays right. */

/** More failed, shed or wrong answers than this share, and a stage does not hold. */
const tolerable = 0.001;

export interface Held {
  readonly stage: LoadStage;
  /** Why it does not hold, in a few words; absent when it does. */
  readonly broken?: string;
}

/** Which stages of a load held. Limits that somebody set count, defaults do not. */
export const stagesHeld = (data: LatencyData, agreement: Agreement | undefined): readonly Held[] =>
  (data.load?.stages ?? []).map((stage, index) => {
    const broken = brokenAt(stage, index, data, agreement);
    return { stage, ...(broken === undefined ? {} : { broken }) };
  });

function brokenAt(stage: LoadStage, index: number, data: LatencyData, agreement: Agreement | undefined): string | undefined {
  const { requests } = stage.answers;
  if (requests === 0) return 'nothing was answered';
  if (troubled(stage.answers) / requests > tolerable) return `${troubled(stage.answers)} of ${requests}: ${wordsOf([stage])}`;
  if (stage.wrong / requests > tolerable) return `${stage.wrong} of ${requests} answers were wrong`;
  for (const series of data.series.filter(({ source }) => source === 'k6')) {
    const times = series.total.filter((_, nth) => series.ok[nth] === 1 && series.stage?.[nth] === index);
    for (const { percentile, limit, origin } of limitsOf(series.operation, agreement)) {
      if (origin === 'default' || times.length === 0) continue;
      const within = times.filter((ms) => ms <= limit).length;
      if (judgeShare(within, times.length, shares[percentile]).verdict === 'fail')
        return `${percentile} of ${series.operation} was above ${limit} ms: ${within} of ${times.length} answers in time`;
    }
  }
  return undefined;
}

export interface Knee {
  /** The highest step up to which all held; absent when not even the lowest did. */
  readonly last?: LoadStage;
  /** The step that broke; absent when none did, so that the knee lies beyond. */
  readonly broke?: Held;
}

/** The knee of a ramp; undefined without one. */
export function kneeOf(held: readonly Held[]): Knee | undefined {
  const steps = held.filter(({ stage }) => stage.kind === 'step');
  if (steps.length === 0) return undefined;
  const first = steps.findIndex(({ broken }) => broken !== undefined);
  const last = steps.at(first < 0 ? -1 : first - 1);
  const broke = steps[first];
  return { ...(first === 0 || !last ? {} : { last: last.stage }), ...(broke ? { broke } : {}) };
}
