import { phasesOf } from '../core/latency.ts';
import type { Exchange } from '../core/model.ts';
import type { SampleLine } from './plan.ts';

export interface Where {
  readonly stage: number;
  readonly iteration: string;
  /** Epoch ms at which the request was due. */
  readonly at: number;
}

/** What the wire alone tells of an answer. */
export function timedOf({ step, variant }: Pick<Exchange, 'step' | 'variant'>, { response, error, timing }: Exchange, where: Where): SampleLine {
  const status = response?.status ?? 0;
  const phases = phasesOf(timing);
  return {
    k: 'sample',
    step,
    ...(step === 'cds.hook' && variant !== undefined ? { hook: variant } : {}),
    g: where.stage,
    i: where.iteration,
    at: where.at,
    total: micro(timing.total),
    ph: [micro(phases.dns ?? 0), micro(phases.connect ?? 0), micro(phases.tls ?? 0), micro(phases.firstByte ?? 0), micro(phases.body ?? 0)],
    status,
    ...(error?.code === 'timeout' ? { late: 1 } : {}),
    ...(response?.headers['retry-after'] === undefined ? {} : { retry: 1 }),
    ok: status >= 200 && status < 400 ? 1 : 0,
  };
}

const micro = (ms: number): number => Math.round(ms * 1000) / 1000;

/** When a token is renewed, epoch ms: half a minute before it ends, or at half its time when that is short. */
export const renewalOf = (seconds: number, now: number): number => now + Math.max(seconds - 30, seconds / 2) * 1000;
