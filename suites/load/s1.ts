import exec from 'k6/execution';
import type { Options } from 'k6/options';
import type { Exchange } from '../../src/core/model.ts';
import type { LoadPlan } from '../../src/load/plan.ts';
import { s1 } from './journeys/s1.ts';
import { judgeable } from './lib/judging.ts';
import { loadedPayer } from './lib/payer.ts';
import { type Held, newToken, tokenEndpointOf } from './lib/session.ts';

/** The entry point k6 runs, bundled by src/load/bundle.ts. Everything it needs stands in the plan; secrets come by environment. */
const plan = JSON.parse(open(__ENV['ASSAY_LOAD_PLAN'] ?? '')) as LoadPlan;
const { profile } = plan;

export const options: Options = {
  scenarios: {
    [profile.journey]: {
      executor: 'constant-arrival-rate',
      // `rate` requests a second are this many journeys in as many seconds as a journey has requests.
      rate: profile.rate,
      timeUnit: `${s1.requests}s`,
      duration: `${profile.warmUp + profile.seconds}s`,
      preAllocatedVUs: plan.users,
      maxVUs: plan.users,
      gracefulStop: '10s',
    },
  },
  thresholds: { dropped_iterations: ['count==0'] },
  discardResponseBodies: false,
  insecureSkipTLSVerify: plan.target.tls?.relaxed ?? false,
  setupTimeout: '30s',
  userAgent: 'payer-assay (k6)',
  systemTags: ['name', 'status', 'method', 'scenario'],
};

interface Rehearsed {
  readonly judged: Readonly<Record<string, readonly string[]>>;
  readonly endpoint?: string;
}

/** Holds the journey once for every member (eight at most) at rest, and keeps what can be judged on a single answer. */
export async function setup(): Promise<Rehearsed> {
  const seen: Exchange[] = [];
  const collect = { plan, onExchange: (exchange: Exchange) => void seen.push(exchange) };
  const endpoint = tokenEndpointOf(plan, loadedPayer({ ...collect, token: undefined }));
  const { token } = await newToken(plan, loadedPayer({ ...collect, token: undefined }), endpoint);
  for (const member of plan.members.slice(0, 8)) s1.run(loadedPayer({ ...collect, token }), member);
  const judged = judgeable(seen, plan.target);
  console.log(JSON.stringify({ k: 'checks', checks: judged }));
  return { judged, ...(endpoint === undefined ? {} : { endpoint }) };
}

let held: Held | undefined;

export default async function journey({ judged, endpoint }: Rehearsed): Promise<void> {
  if (!held || Date.now() >= held.renewAt) held = await newToken(plan, loadedPayer({ plan, judged, token: undefined }), endpoint);
  const member = plan.members[exec.scenario.iterationInTest % plan.members.length];
  if (member) s1.run(loadedPayer({ plan, judged, token: held.token }), member);
}

export function handleSummary({ metrics }: { metrics: Record<string, { values: Record<string, number> }> }): Record<string, string> {
  const value = (metric: string, name: string) => metrics[metric]?.values[name] ?? 0;
  const summary = { dropped: value('dropped_iterations', 'count'), iterations: value('iterations', 'count'), requests: value('http_reqs', 'count') };
  return { [__ENV['ASSAY_LOAD_SUMMARY'] ?? 'summary.json']: JSON.stringify(summary) };
}
