import { latencyOf } from '../../src/core/latency.ts';
import type { Operation, Run, Scenario } from '../../src/core/model.ts';
import { summaryOf } from '../../src/core/stats/histogram.ts';
import { duration } from './text.ts';

/** The operation that a clinic waits for in each scenario. */
const waitedFor: Readonly<Record<Scenario, Operation>> = {
  S1: 'search',
  S2: 'crd.other',
  S3: 'everything',
  S4: 'search',
  S5: 'bulk.status',
  S6: 'bulk.file',
};

/** 95th percentile of the honest single-caller requests, by scenario; absent where none was answered. */
export function p95Of(run: Run): Partial<Record<Scenario, string>> {
  const { series } = latencyOf(run.exchanges, run.startedAt);
  const out: Partial<Record<Scenario, string>> = {};
  for (const [scenario, operation] of Object.entries(waitedFor) as [Scenario, Operation][]) {
    const mine = series.find((each) => each.operation === operation);
    const summary = mine && summaryOf(mine.total.filter((_, index) => mine.ok[index] === 1));
    if (summary) out[scenario] = `p95 ${duration(summary.p95)}`;
  }
  return out;
}
