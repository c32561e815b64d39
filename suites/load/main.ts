import { sleep } from 'k6';
import k6crypto from 'k6/crypto';
import exec from 'k6/execution';
import type { Options, Scenario } from 'k6/options';
import { cdsDiscovery } from '../../src/client/requests/crd/hooks.ts';
import { asArray, asString, at, jsonOf } from '../../src/core/fhir.ts';
import type { Exchange, TargetMember } from '../../src/core/model.ts';
import type { LoadPlan } from '../../src/load/plan.ts';
import { type JourneyName, journeyLengths, usersOf } from '../../src/load/profiles.ts';
import { journeys } from './journeys/index.ts';
import type { Ask, Ground } from './lib/journey.ts';
import { allFamilies, type Family, type Judges, judgesOf } from './lib/judges.ts';
import { announce, record, send } from './lib/payer.ts';
import { recallBy } from './lib/recall.ts';
import { type Rehearsed, rehearsedOf, sampleOf, timedOf } from './lib/sample.ts';
import { type Held, newToken, tokenEndpointOf } from './lib/session.ts';

/**
 * The entry point k6 runs, bundled by src/load/bundle.ts. Everything it needs stands in the plan; secrets come by environment. The plan is beside
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

/** One scenario for each journey of each stage. */
function scenarios(): Record<string, Scenario> {
  const out: Record<string, Scenario> = {};
  let start = 0;
  for (const [index, stage] of profile.stages.entries()) {
    for (const [journey, share] of Object.entries(stage.mix) as [JourneyName, number][])
      out[`${index}-${journey}`] = {
        executor: 'constant-arrival-rate',
        exec: 'journey',
        // k6 takes whole numbers: so many journeys in a thousand times the seconds that one journey's requests take at this rate.
        rate: Math.max(1, Math.round((stage.rate * share * 1000) / journeyLengths[journey])),
        timeUnit: '1000s',
        startTime: `${start}s`,
        duration: `${stage.seconds}s`,
        preAllocatedVUs: usersOf(profile, stage, journey),
        maxVUs: usersOf(profile, stage, journey),
        gracefulStop: '10s',
      };
    start += stage.seconds;
  }
  return out;
}

interface SetUp extends Rehearsed {
  /** Where the judges of each step stand. */
  readonly families: Readonly<Record<string, readonly Family[]>>;
  readonly endpoint?: string;
  readonly services: Readonly<Record<string, string>>;
}

/** Holds every journey once for each member (eight at most) at rest, and keeps what can be judged on a single answer. */
export async function setup(): Promise<SetUp> {
  announce();
  const endpoint = await tokenEndpointOf(plan, (ask) => send(plan, ask, undefined));
  const { token } = await newToken(plan, (ask) => send(plan, ask, undefined), endpoint);
  const services = await servicesOf(token);
  const seen: Exchange[] = [];
  const wanted = new Set(profile.stages.flatMap((stage) => Object.keys(stage.mix) as JourneyName[]));
  for (const name of wanted)
    for (const member of plan.members.slice(0, 8))
      await hold(name, groundOf(services), member, seen.length, async (ask) => {
        const exchange = await send(plan, ask, token);
        seen.push(exchange);
        return exchange;
      });
  const judges = await judgesOf(onlyParses ? [] : allFamilies);
  const rehearsed = rehearsedOf(seen, plan, judges);
  const families = Object.fromEntries(
    Object.entries(rehearsed.judged).map(([step, ids]) => [step, [...new Set(ids.flatMap((each) => judges.get(each)?.family ?? []))]]),
  );
  console.log(JSON.stringify({ k: 'checks', checks: rehearsed.judged, stages: profile.stages }));
  return { ...rehearsed, families, services, ...(endpoint === undefined ? {} : { endpoint }) };
}

async function servicesOf(token: string | undefined): Promise<Readonly<Record<string, string>>> {
  if (plan.cds === undefined) return {};
  const { response } = await send(plan, { step: 'cds.discovery', spec: cdsDiscovery(plan.cds) }, token);
  const services = asArray(at(jsonOf(response), 'services')).flatMap((each) => {
    const [hook, id] = [asString(at(each, 'hook')), asString(at(each, 'id'))];
    return hook === undefined || id === undefined ? [] : [[hook, id] as const];
  });
  return Object.fromEntries(services);
}

const learned = new Map<TargetMember, string>();
const groundOf = (services: Readonly<Record<string, string>>): Ground => ({
  base: plan.base,
  target: plan.target,
  ...(plan.cds === undefined ? {} : { cds: { base: plan.cds, services } }),
  ...(plan.group === undefined ? {} : { group: plan.group }),
  uuid: () => crypto.randomUUID(),
  patientIdOf: (member) => learned.get(member),
  remember: (member, id) => void learned.set(member, id),
});

async function hold(name: JourneyName, ground: Ground, member: TargetMember, nth: number, asking: (ask: Ask) => Promise<Exchange>, think = 0) {
  const journey = journeys[name].run(ground, member, nth);
  let step = journey.next();
  while (!step.done) {
    step = journey.next(await asking(step.value));
    if (think > 0 && !step.done) sleep(think);
  }
}

const recall = recallsNothing ? undefined : recallBy((text) => k6crypto.sha256(text, 'base64'), planText);
/** Judges by step, loaded when one is first asked for. */
const loaded = new Map<string, Judges>();
async function load(step: string, families: SetUp['families']): Promise<Judges> {
  const judges = await judgesOf(families[step] ?? []);
  loaded.set(step, judges);
  return judges;
}

let held: Held | undefined;

/** One iteration: the scenario's name says which stage and which journey. */
export async function journey(setUp: SetUp): Promise<void> {
  const { name, iterationInTest } = exec.scenario;
  const [stage = '0', which = 's1'] = name.split('-');
  const asking = async (ask: Ask): Promise<Exchange> => {
    const at = Date.now();
    const exchange = await send(plan, ask, held?.token, at);
    const where = { stage: Number(stage), iteration: `${which}.${iterationInTest}`, at };
    if (onlyParses) {
      jsonOf(exchange.response);
      record(timedOf(ask, exchange, where));
    } else {
      const judges = loaded.get(ask.step) ?? (await load(ask.step, setUp.families));
      record(sampleOf(plan, setUp, judges, ask, exchange, where, recall));
    }
    return exchange;
  };
  if (!held || Date.now() >= held.renewAt) held = await newToken(plan, asking, setUp.endpoint);
  const member = plan.members[iterationInTest % plan.members.length];
  if (member) await hold(which as JourneyName, groundOf(setUp.services), member, iterationInTest, asking, profile.think);
}

export function handleSummary({ metrics }: { metrics: Record<string, { values: Record<string, number> }> }): Record<string, string> {
  const value = (metric: string, name: string) => metrics[metric]?.values[name] ?? 0;
  const summary = { dropped: value('dropped_iterations', 'count'), iterations: value('iterations', 'count'), requests: value('http_reqs', 'count') };
  const file = __ENV['ASSAY_LOAD_SUMMARY'];
  return file === undefined ? { stdout: `\n${JSON.stringify({ k: 'summary', dropped: summary.dropped })}\n` } : { [file]: JSON.stringify(summary) };
}
