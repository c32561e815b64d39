import k6crypto from 'k6/crypto';
import exec from 'k6/execution';
import type { Options, Scenario } from 'k6/options';
import { cdsDiscovery } from '../../src/client/requests/crd/hooks.ts';
import { type CdsService, servicesOf as servicesIn } from '../../src/client/requests/crd/prefetch.ts';
import { jsonOf } from '../../src/core/fhir.ts';
import type { Exchange } from '../../src/core/model.ts';
import { among, isExport, journeyAt, sharesOf } from '../../src/load/journeys.ts';
import type { LoadPlan } from '../../src/load/plan.ts';
import { arrivalsOf, streams } from '../../src/load/profiles.ts';
import { timedOf } from '../../src/load/timed.ts';
import type { Ask, Ground } from './lib/journey.ts';
import { allFamilies, type Family, type Judges, judgesOf } from './lib/judges.ts';
import { announce, record, send } from './lib/payer.ts';
import { recallBy } from './lib/recall.ts';
import { type Rehearsed, rehearsedOf, sampleOf } from './lib/sample.ts';
import { type Held, newToken } from './lib/session.ts';
import { type Rehearsal, rehearse, walker } from './lib/walk.ts';

/**
 * The entry point k6 runs, bundled by src/load/bundle.ts. Everything it needs is in the plan; secrets come by environment. The plan is beside
 * the bundle unless the environment says otherwise: `k6 archive`, which an operator runs first, shows no environment to a script.
 */
const planText = open(__ENV['ASSAY_LOAD_PLAN'] ?? './plan.json');
const plan = JSON.parse(planText) as LoadPlan;
const { profile } = plan;
/** What the bench holds judging against: the same load, but answers are parsed and nothing more; or each is judged as if none had been like it. */
const [onlyParses, recallsNothing] = ['parse', 'anew'].map((each) => __ENV['ASSAY_LOAD_BENCH'] === each);

/** For payers that want to see a client certificate. */
const { ASSAY_LOAD_TLS_CERT: certificate, ASSAY_LOAD_TLS_KEY: key } = __ENV;

export const options: Options = {
  scenarios: scenarios(),
  thresholds: { dropped_iterations: ['count==0'] },
  discardResponseBodies: false,
  ...(certificate === undefined || key === undefined ? {} : { tlsAuth: [{ cert: certificate, key }] }),
  insecureSkipTLSVerify: plan.target.tls?.relaxed ?? false,
  setupTimeout: '60s',
  userAgent: 'payer-assay (k6)',
  systemTags: ['name', 'status', 'method', 'scenario'],
};

/** Two for each stage: what interactive callers ask, and the exports beside it. One arrival is one request. */
function scenarios(): Record<string, Scenario> {
  const out: Record<string, Scenario> = {};
  let start = 0;
  for (const [index, stage] of profile.stages.entries()) {
    for (const stream of streams) {
      const { rate, users } = arrivalsOf(stage, stream, profile);
      if (rate > 0)
        out[`${index}-${stream}`] = {
          executor: 'constant-arrival-rate',
          exec: 'journey',
          env: { ASSAY_STAGE: String(index), ASSAY_STREAM: stream },
          // k6 takes whole numbers.
          rate: Math.max(1, Math.round(rate * 1000)),
          timeUnit: '1000s',
          startTime: `${start}s`,
          // The first is due at once, so the last is due one pace before the end: half a pace keeps the next one out; k6 wants a second at least.
          duration: `${Math.max(1000, Math.round(stage.seconds * 1000 - 500 / rate))}ms`,
          preAllocatedVUs: users,
          maxVUs: users,
          gracefulStop: '10s',
        };
    }
    start += stage.seconds;
  }
  return out;
}

interface SetUp extends Rehearsed, Pick<Rehearsal, 'offers' | 'journeys' | 'patients'> {
  /** Where the judges of each step stand. */
  readonly families: Readonly<Record<string, readonly Family[]>>;
  readonly services: Readonly<Record<string, CdsService>>;
  readonly held: Held;
}

/** Holds every journey once for each member (eight at most) without load, and keeps what can be judged on a single answer. */
export async function setup(): Promise<SetUp> {
  announce();
  const held = await newToken(plan, (ask) => send(plan, ask, undefined));
  const services = await servicesOf(held.token);
  const wanted = [...new Set(profile.stages.flatMap((stage) => sharesOf(stage.mix).map(([journey]) => journey)))];
  const ground = { ...groundOf(services), now: Date.now };
  const rehearsal = await rehearse(wanted, { ground, members: plan.members.slice(0, 8), declared: plan.offers }, (ask) =>
    send(plan, ask, held.token),
  );
  const { exchanges, refused, offers, journeys, patients } = rehearsal;
  if (!journeys.some((each) => !isExport(each)))
    throw new Error(
      `No journey worked without load: ${refused.map(({ offer, status }) => `${offer} was answered ${status}`).join(', ') || 'nothing was answered'}.`,
    );
  const judges = await judgesOf(onlyParses ? [] : allFamilies);
  const rehearsed = rehearsedOf(exchanges, plan, judges);
  const families = Object.fromEntries(
    Object.entries(rehearsed.judged).map(([step, ids]) => [step, [...new Set(ids.flatMap((each) => judges.get(each)?.family ?? []))]]),
  );
  console.log(JSON.stringify({ k: 'checks', checks: rehearsed.judged, stages: profile.stages, refused }));
  return { ...rehearsed, offers, journeys, patients, families, services, held };
}

async function servicesOf(token: string | undefined): Promise<Readonly<Record<string, CdsService>>> {
  if (plan.cds === undefined) return {};
  const { response } = await send(plan, { step: 'cds.discovery', spec: cdsDiscovery(plan.cds) }, token);
  return servicesIn(jsonOf(response));
}

const groundOf = (services: Readonly<Record<string, CdsService>>) => ({
  base: plan.base,
  target: plan.target,
  ...(plan.cds === undefined ? {} : { cds: { base: plan.cds, services } }),
  ...(plan.group === undefined ? {} : { group: plan.group }),
  uuid: () => crypto.randomUUID(),
  now: Date.now,
});

const recall = recallsNothing ? undefined : recallBy((text) => k6crypto.sha256(text, 'base64'), planText);
/** Judges by step, loaded when one is first asked for. */
const loaded = new Map<string, Judges>();
async function load(step: string, families: SetUp['families']): Promise<Judges> {
  const judges = await judgesOf(families[step] ?? []);
  loaded.set(step, judges);
  return judges;
}

let held: Held | undefined;
let step: ReturnType<typeof walker> | undefined;

/** Where the journeys of this virtual user stand. Each begins with another member. */
function walkerOf(setUp: SetUp): ReturnType<typeof walker> {
  const place = new Map(plan.members.map((member, nth) => [member, setUp.patients[nth] ?? member.patientId]));
  const ground: Ground = {
    ...groundOf(setUp.services),
    offers: (what) => setUp.offers.includes(what),
    closing: () => closing,
    patientIdOf: (member) => place.get(member),
  };
  const askable = plan.members.filter((member) => place.get(member) !== undefined);
  return walker(ground, askable.length === 0 ? plan.members : askable, exec.vu.idInTest);
}

let closing = false;

/** One iteration is one request: the next of a journey that this virtual user is on. */
export async function journey(setUp: SetUp): Promise<void> {
  const { startTime, iterationInTest } = exec.scenario;
  const [stage, stream] = [Number(__ENV['ASSAY_STAGE']), __ENV['ASSAY_STREAM'] === 'export' ? 'export' : 'mix'] as const;
  const about = profile.stages[stage];
  if (!about) return;
  const { mix, rate, users } = arrivalsOf(about, stream, profile);
  // Each of the virtual users comes to its turn twice more before the end: time enough to take a job back.
  closing = startTime + about.seconds * 1000 - Date.now() < (2.5 * users * 1000) / rate;
  const asking = async (ask: Ask): Promise<Exchange> => {
    const at = Date.now();
    const exchange = await send(plan, ask, held?.token, at);
    const where = { stage, iteration: `${stream}.${iterationInTest}`, at };
    if (onlyParses) {
      jsonOf(exchange.response);
      record(timedOf(ask, exchange, where));
    } else {
      const judges = loaded.get(ask.step) ?? (await load(ask.step, setUp.families));
      record(sampleOf(plan, setUp, judges, ask, exchange, where, recall));
    }
    return exchange;
  };
  held ??= setUp.held;
  if (held.renewAt !== undefined && Date.now() >= held.renewAt) held = await newToken(plan, asking, stage);
  step ??= walkerOf(setUp);
  const which = journeyAt(
    among(mix, (each) => setUp.journeys.includes(each)),
    iterationInTest,
  );
  if (which) await step(which, iterationInTest, asking);
}

export function handleSummary({ metrics }: { metrics: Record<string, { values: Record<string, number> }> }): Record<string, string> {
  const value = (metric: string, name: string) => metrics[metric]?.values[name] ?? 0;
  const summary = { dropped: value('dropped_iterations', 'count'), iterations: value('iterations', 'count'), requests: value('http_reqs', 'count') };
  const file = __ENV['ASSAY_LOAD_SUMMARY'];
  return file === undefined ? { stdout: `\n${JSON.stringify({ k: 'summary', dropped: summary.dropped })}\n` } : { [file]: JSON.stringify(summary) };
}
