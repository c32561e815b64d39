import type { Agreement, Limit, Operation } from './model.ts';

/** Who set a limit decides what it may do: normative and declared limits judge, defaults only inform (rubric 2). */
export type Origin = 'normative' | 'declared' | 'default';
export type Percentile = 'p50' | 'p90' | 'p95' | 'p99';

export interface BoundLimit {
  readonly operation: Operation;
  readonly percentile: Percentile;
  /** ms */
  readonly limit: number;
  readonly origin: Origin;
  /** Where a reader can look it up. */
  readonly source: string;
}

/** Share of calls (0-1) that must keep each limit. */
export const shares: Readonly<Record<Percentile, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

/** CRD: 90 % of calls within 5 s; 10 s for appointment-book and for the first order-sign or order-dispatch of an order. */
const normative: Readonly<Partial<Record<Operation, Limit>>> = { 'crd.other': { p90: 5000 }, 'crd.appointment-book': { p90: 10_000 } };
const crd = 'Da Vinci CRD, http://hl7.org/fhir/us/davinci-crd/hooks.html';

const rest: Limit = { p50: 300, p95: 1000, p99: 3000, timeout: 10_000 };
const defaults: Readonly<Partial<Record<Operation, Limit>>> = {
  discovery: rest,
  token: rest,
  match: { p50: 1000, p95: 3000, p99: 8000, timeout: 15_000 },
  read: { p50: 200, p95: 1000, p99: 3000, timeout: 10_000 },
  search: { p50: 500, p95: 2000, p99: 5000, timeout: 15_000 },
  everything: { p50: 2000, p95: 15_000, p99: 30_000, timeout: 60_000 },
  'crd.other': { p50: 500, p99: 10_000, timeout: 10_000 },
  'crd.appointment-book': { p99: 20_000, timeout: 20_000 },
  'bulk.kickoff': { p50: 500, p95: 5000, p99: 10_000, timeout: 30_000 },
  'bulk.status': { p50: 500, p95: 2000, p99: 10_000, timeout: 30_000 },
  'bulk.delete': { p95: 10_000, p99: 60_000, timeout: 60_000 },
};

/** All limits of one operation. A declared limit stands in the place of the default for the same percentile, never in the place of a normative one. */
export function limitsOf(operation: Operation, agreement: Agreement | undefined): readonly BoundLimit[] {
  const binding = [
    ...entries(operation, normative[operation], 'normative', crd),
    ...entries(operation, agreement?.limits?.[operation], 'declared', 'target file, agreement.limits'),
  ];
  const silent = entries(operation, defaults[operation], 'default', 'rubric 2, used where nothing is agreed').filter(
    (each) => !binding.some((other) => other.percentile === each.percentile),
  );
  return [...binding, ...silent].sort((a, b) => shares[a.percentile] - shares[b.percentile]);
}

function entries(operation: Operation, limit: Limit | undefined, origin: Origin, source: string): readonly BoundLimit[] {
  return (['p50', 'p90', 'p95', 'p99'] as const).flatMap((percentile) => {
    const ms = limit?.[percentile];
    return ms === undefined ? [] : [{ operation, percentile, limit: ms, origin, source }];
  });
}
