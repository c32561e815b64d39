import { hollowIn } from '../../src/core/bare.ts';
import { notApplicable, notTestable } from '../../src/core/findings.ts';
import { operationOf } from '../../src/core/latency.ts';
import type { Evidence, Exchange, Finding, Limit, Operation } from '../../src/core/model.ts';
import { quantile } from '../../src/core/stats/quantile.ts';

/** Honest, answered requests of one operation: a refusal or a login page is fast for the wrong reason, and our own limits are not the payer's time. */
export const samplesOf = ({ exchanges }: Evidence, operation: Operation): readonly Exchange[] =>
  exchanges.filter((each) => each.probe === undefined && operationOf(each) === operation && isTimed(each));

const isTimed = (exchange: Exchange): boolean =>
  exchange.error?.code === 'timeout' || (exchange.response !== null && exchange.response.status < 400 && hollowIn(exchange) === undefined);

const percentiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
] as const satisfies readonly (readonly [keyof Limit, number])[];
export type Percentile = (typeof percentiles)[number][0];

/** Samples from which a percentile can be distinguished from one unlucky answer. */
const enough: Readonly<Record<Percentile, number>> = { p50: 3, p90: 20, p95: 20, p99: 100 };

const ms = (value: number): string => `${Math.round(value)} ms`;

/**
 * One operation against its agreed limits. With few samples only a clear miss fails: when even the median is beyond a limit for the
 * slowest, no luck explains it. Percentiles not named in `which` are left to the row that judges the agreement as a whole.
 */
export function withinLimits(evidence: Evidence, operation: Operation, which: readonly Percentile[]): Finding {
  const limit = evidence.target.agreement?.limits?.[operation];
  const named = percentiles.filter(([name]) => which.includes(name) && limit?.[name] !== undefined);
  if (limit === undefined || named.length === 0) return notApplicable(`No time limit is agreed for ${operation}.`);
  const samples = samplesOf(evidence, operation);
  const slowest = samples.reduce<Exchange | undefined>((a, b) => (a === undefined || b.timing.total > a.timing.total ? b : a), undefined);
  if (slowest === undefined) return notTestable(`No ${operation} request was answered in this run.`, 'payer');
  const times = samples.map((each) => each.timing.total);
  for (const [name, share] of named) {
    const allowed = limit[name] ?? 0;
    const seen = quantile(times, share);
    if (seen <= allowed) continue;
    const median = quantile(times, 0.5);
    if (times.length < enough[name] && median <= allowed)
      return notTestable(
        `${name} of ${operation} is ${ms(seen)}, beyond the agreed ${ms(allowed)}, but ${times.length} samples cannot tell it from bad luck.`,
        'ours',
      );
    return {
      outcome: 'fail',
      expected: `${name} of ${operation} within ${ms(allowed)} as agreed`,
      actual: `${ms(seen)} in ${times.length} samples`,
      exchange: slowest.index,
    };
  }
  return { outcome: 'pass', note: `${operation}: p95 ${ms(quantile(times, 0.95))} in ${times.length} samples.` };
}

/** Every agreed limit of every operation that the run has touched, hard timeouts included. */
export function withinAgreement(evidence: Evidence): readonly Finding[] {
  const limits = Object.entries(evidence.target.agreement?.limits ?? {}) as [Operation, Limit][];
  return limits.flatMap(([operation, limit]) => {
    const samples = samplesOf(evidence, operation);
    if (samples.length === 0) return [];
    const late = limit.timeout === undefined ? undefined : samples.find((each) => each.timing.total > (limit.timeout ?? 0));
    if (late)
      return [
        {
          outcome: 'fail',
          expected: `${operation} within the agreed timeout of ${limit.timeout} ms`,
          actual: ms(late.timing.total),
          exchange: late.index,
        } as const,
      ];
    return [withinLimits(evidence, operation, ['p50', 'p90', 'p95', 'p99'])];
  });
}
