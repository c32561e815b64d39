import { appendFile, chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SigningKey } from '../client/assertion.ts';
import type { CleanUps } from '../client/clean-ups.ts';
import { type SecretSource, signersOf } from '../client/identity.ts';
import { payerOf } from '../client/requests/crd/scene.ts';
import type { LatencyData, Run, Target } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { accessFor } from './access.ts';
import { allowedHosts } from './allowed.ts';
import { openBroker } from './broker.ts';
import { bundleLoad } from './bundle.ts';
import { clientCertificate } from './client-certificate.ts';
import { collect } from './collect.ts';
import type { Access } from './desk.ts';
import { doubt, factsOf, readSummary, silence, unsent } from './facts.ts';
import { findK6 } from './find-k6.ts';
import { isExport, type JourneyName, journeyOffers, type Offer, offers } from './journeys.ts';
import type { LoadPlan } from './plan.ts';
import { runGroup } from './process.ts';
import { offered, type Profile, requestsOf, secondsOf } from './profiles.ts';
import { watchSamples } from './watch.ts';

export interface LoadOptions {
  readonly target: Target;
  readonly secrets: SecretSource;
  /** What the payer declares of all that journeys ask for; default: everything, less what is refused without load. */
  readonly offers?: readonly Offer[];
  /** FHIR base found by discovery, where the target file names none. */
  readonly base?: string;
  /** CDS Hooks base found by discovery, where the target file names none. */
  readonly cds?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
  /** Path of k6; found by itself when absent. */
  readonly k6?: string;
  /** The n-th of so many parts of the load: the others are made elsewhere at the same time. */
  readonly part?: { readonly nth: number; readonly of: number };
  /** Where the raw samples are kept, for `merge`. */
  readonly keep?: string;
  /** Write the bundle and the plan of this profile there as well, for runners elsewhere. */
  readonly bundle?: { readonly folder: string; readonly profile: Profile };
  /** Where a UDAP registration of the load is noted until it is taken back; default: in memory. */
  readonly cleanUps?: CleanUps;
  /** ms beyond the time of the profile after which a k6 that does not end is stopped; default: a minute and a half. */
  readonly patience?: number;
  /** Further outputs of k6, e.g. `opentelemetry`; see docs/load.md. */
  readonly outputs?: readonly string[];
}

/** Samples, and what went wrong beside them; or why there are none and what changes that. */
export type LoadOutcome = { readonly latency: LatencyData; readonly troubles?: Run['notRun'] } | { readonly notRun: Run['notRun'][number] };

/**
 * Loads a payer with one profile and judges every answer. Never throws for what a payer or k6 does: that is `notRun` or `inconclusive`, in words.
 * Only this machine and hosts that the target file names as owned are loaded.
 */
export async function runLoad(wanted: Profile, options: LoadOptions): Promise<LoadOutcome> {
  const notRun = (why: string, fix: string): LoadOutcome => ({ notRun: { what: `load (${wanted.name})`, why, fix } });
  const { target, secrets } = options;
  const base = target.fhir?.base ?? options.base;
  if (base === undefined) return notRun('no FHIR base URL is known', 'set fhir.base in the target file');
  const members = Object.entries(target.members).flatMap(([role, member]) => (loadable.has(role) && member ? [member] : []));
  if (members.length === 0) return notRun('the target file names no member that may be asked for', 'set members.known in the target file');
  // An order whose coverage names a made-up payer would rightly be refused.
  const cds = payerOf(target) === undefined ? undefined : (target.cds?.base ?? options.cds);
  const group = target.bulk?.group;
  const declared = (options.offers ?? offers).filter((each) => cds !== undefined || (each !== 'order-select' && each !== 'order-sign'));
  const profile = offered(wanted, (journey) => possible(journey, declared, group !== undefined));
  if (profile.stages.every((each) => each.kind === 'warm-up'))
    return notRun(
      'the payer declares nothing that its journeys ask for, or the target file names no place to ask',
      'set cds.base and crd.payer, or bulk.group, in the target file, as the profile needs',
    );
  let hosts: readonly string[];
  try {
    hosts = allowedHosts(target, [base, ...(cds === undefined ? [] : [cds]), ...(target.allowedOrigins ?? []).filter((each) => URL.canParse(each))]);
  } catch (cause) {
    return notRun((cause as Error).message, 'name the host under ownedHosts in the target file, if it is yours');
  }
  const k6 = findK6(options.k6);
  if ('notRun' in k6) return k6;
  const folder = await mkdtemp(join(tmpdir(), 'payer-assay-load-'));
  try {
    const shared = options.part !== undefined || options.bundle !== undefined;
    const access = await accessFor(target, secrets, { base, shared, ...pick(options) });
    const { auth, env, tokenEndpoint } = access;
    const cdsSigner = signersOf(target, secrets)['cds'];
    let left: readonly string[] = [];
    let outcome: LoadOutcome;
    try {
      const plan: LoadPlan = {
        profile,
        base: base.replace(/\/+$/, ''),
        ...(cds === undefined ? {} : { cds }),
        ...(group === undefined ? {} : { group }),
        hosts: [...hosts, ...(tokenEndpoint === undefined ? [] : allowedHosts(target, [tokenEndpoint]))],
        auth,
        ...(cdsSigner === undefined ? {} : { cdsClient: { clientId: cdsSigner.clientId, kid: cdsSigner.kid, alg: cdsSigner.alg } }),
        offers: declared,
        members,
        target,
        timeout: 10_000,
        ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
      };
      options.onProgress?.(`load ${profile.name}: about ${requestsOf(profile)} requests in ${secondsOf(profile)} s with k6 ${k6.version}`);
      outcome = await load(plan, k6, folder, { access, env: { ...env, ...cdsKey(cdsSigner), ...clientCertificate(target, secrets) } }, options);
    } finally {
      left = await access.release();
    }
    const troubles = left.map((what) => ({
      what: `taking back: ${what}`,
      why: 'the payer did not take it',
      fix: 'run again in the same folder: it is tried again',
    }));
    return 'latency' in outcome ? { ...outcome, troubles: [...(outcome.troubles ?? []), ...troubles] } : outcome;
  } catch (cause) {
    return notRun(`it could not be started: ${(cause as Error).message}`, 'fix what the message names, then run again');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const cdsKey = (signer: SigningKey | undefined): NodeJS.ProcessEnv =>
  signer === undefined ? {} : { ASSAY_LOAD_CDS_KEY: JSON.stringify(signer.key.export({ format: 'jwk' })) };

const pick = ({ signal, cleanUps }: LoadOptions): Pick<LoadOptions, 'signal' | 'cleanUps'> => ({
  ...(signal === undefined ? {} : { signal }),
  ...(cleanUps === undefined ? {} : { cleanUps }),
});

const possible = (journey: JourneyName, declared: readonly Offer[], group: boolean): boolean =>
  isExport(journey) ? group && declared.includes('export of a Group') : journeyOffers[journey].some((each) => declared.includes(each));

/** Whose data the harness may ask for again and again. */
const loadable = new Set(['known', 'largeRecord', 'similar']);

async function load(
  plan: LoadPlan,
  k6: { path: string; version: string },
  folder: string,
  { access, env }: { readonly access: Access; readonly env: NodeJS.ProcessEnv },
  { signal, part, keep, bundle, outputs = [], patience = 90_000 }: LoadOptions,
): Promise<LoadOutcome> {
  const { profile } = plan;
  const script = await bundleLoad(folder);
  const [planFile, samples, summary] = ['plan.json', 'samples.ndjson', 'summary.json'].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(planFile, JSON.stringify(plan), { mode: 0o600 });
  if (bundle) await handOut(bundle, script, plan);
  // A burst of server errors ends the load: what was seen until then is kept.
  const burst = watchSamples(samples, signal);
  const broker = access.request && (await openBroker(access.request));
  const finished = await runGroup(
    k6.path,
    [
      ...['run', '--quiet', '--no-color', '--no-usage-report', '--address', 'localhost:0', '--log-format', 'raw', '--console-output', samples],
      ...(part ? ['--execution-segment', segmentOf(part), '--execution-segment-sequence', sequenceOf(part.of)] : []),
      ...outputs.flatMap((each) => ['--out', each]),
      script,
    ],
    {
      env: {
        ...process.env,
        ...env,
        ...(plan.target.tls?.ca === undefined ? {} : { SSL_CERT_FILE: plan.target.tls.ca }),
        K6_AUTO_EXTENSION_RESOLUTION: 'false',
        ...(broker === undefined ? {} : { ASSAY_LOAD_BROKER: broker.url }),
        ASSAY_LOAD_PLAN: planFile,
        ASSAY_LOAD_SUMMARY: summary,
      },
      limit: secondsOf(profile) * 1000 + patience,
      signal: burst.signal,
    },
  ).finally(async () => {
    burst.stop();
    await broker?.close();
  });
  if (broker) await appendFile(samples, broker.samples.map((each) => `${JSON.stringify(each)}\n`).join('')).catch(() => {});
  if (keep !== undefined)
    await copyFile(samples, keep)
      .then(() => chmod(keep, 0o600))
      .catch(() => {});
  const collected = await collect([samples], profile.stages).catch(() => undefined);
  if (!collected || collected.requests === 0)
    return {
      notRun: {
        what: `load (${profile.name})`,
        why: silence(finished),
        fix: 'see what k6 says there; the target must answer the journeys of the profile',
      },
    };
  const { dropped } = await readSummary(summary);
  const facts = factsOf(plan, collected, {
    dropped,
    tool: `k6 ${k6.version}`,
    ...(finished.cpu === undefined ? {} : { cpu: finished.cpu }),
    ...(part ? { segment: `${part.nth}/${part.of}`, share: 1 / part.of } : {}),
    ...doubt(finished, dropped, burst.why()),
  });
  return { latency: { startedAt: collected.startedAt, series: collected.series, load: facts }, troubles: unsent(outputs, finished) };
}

async function handOut({ folder, profile }: NonNullable<LoadOptions['bundle']>, script: string, plan: LoadPlan): Promise<void> {
  makeFolder(folder);
  await copyFile(script, join(folder, 'load.js'));
  const has = new Set(plan.profile.stages.flatMap((each) => Object.keys(each.mix)));
  const whole: LoadPlan = { ...plan, profile: offered(profile, (journey) => has.has(journey)) };
  await writeFile(join(folder, 'plan.json'), JSON.stringify(whole), { mode: 0o600 });
}

/** k6 writes segments as fractions of the whole: the second of three is 1/3:2/3. */
const segmentOf = ({ nth, of }: { readonly nth: number; readonly of: number }): string => `${edge(nth - 1, of)}:${edge(nth, of)}`;
const sequenceOf = (of: number): string => Array.from({ length: of + 1 }, (_, nth) => edge(nth, of)).join(',');
const edge = (nth: number, of: number): string => (nth === 0 ? '0' : nth === of ? '1' : `${nth}/${of}`);
