import { checks } from '../../checks/index.ts';
import type { Injection } from '../../checks/injections.ts';
import { appsOf } from '../../mocks/app/index.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { startSecureEmbedded } from '../../mocks/secure.ts';
import { borrowBrowser } from '../../src/client/app/browser.ts';
import { findingOf } from '../../src/core/judge.ts';
import { messageOf } from '../../src/core/message.ts';
import type { AppCase, Evidence, Fault, Finding, RawExchange, Target } from '../../src/core/model.ts';
import type { Enricher } from '../../src/enrich/enricher.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';
import { loadInProcess } from './load.ts';

/** What came of one injected defect. */
export interface FaultResult {
  readonly fault: string;
  readonly requirement?: string;
  readonly failed: readonly string[];
  readonly notTestable: readonly string[];
  readonly ok: boolean;
  /** What the requirement said. */
  readonly own?: Finding;
  /** Did the fault change an answer or a decision at all? */
  readonly struck?: boolean;
  /** For a person: what went wrong. */
  readonly why?: string;
  readonly ms: number;
}

export interface Bench {
  /** What every requirement says of the honest payer, and why conversations ended early. */
  readonly found: readonly { readonly requirement: string; readonly finding: Finding }[];
  readonly blocked: Evidence['blocked'];
  readonly baseline: Evidence;
  /** Requirements that the honest payer fails, with the finding: must be none. */
  readonly honest: readonly { readonly requirement: string; readonly finding: Finding }[];
  /** `whole`: every suite is driven, not only those whose answers the fault can change. */
  inject(injection: Injection, whole?: 'whole'): Promise<FaultResult>;
  close(): Promise<void>;
}

/** An honest embedded payer with its baseline, ready to be spoilt; faults of the transport itself strike one on https, started when first needed. */
export async function openBench({ whole = false }: { readonly whole?: boolean } = {}): Promise<Bench> {
  const plain = await benchOf(
    await startEmbedded(),
    suites.map((suite) => suite.id),
  );
  let secure: Promise<Bench> | undefined;
  const onHttps = async (injection: Injection): Promise<FaultResult> => {
    secure ??= startSecureEmbedded().then((embedded) => benchOf(embedded, ['directory', 'wellknown', 'discover', 'tls', 'token', 'bulk.export']));
    const bench = await secure;
    if (bench.honest.length > 0) return notInjectable(injection, new Error(`the honest payer fails on https: ${JSON.stringify(bench.honest)}`));
    return bench.inject(injection);
  };
  let browsing: Promise<Bench> | undefined;
  const inBrowser = async (injection: Injection): Promise<FaultResult> => {
    browsing ??= openAppBench(whole);
    const bench = await browsing;
    if (bench.honest.length > 0) return notInjectable(injection, new Error(`the honest app fails: ${JSON.stringify(bench.honest)}`));
    return bench.inject(injection);
  };
  const where = (injection: Injection) => (ofTransport(injection) ? onHttps : ofApps(injection) ? inBrowser : plain.inject);
  return {
    ...plain,
    inject: (injection) => where(injection)(injection).catch((cause: unknown) => notInjectable(injection, cause)),
    async close() {
      await plain.close();
      await (await secure)?.close();
      await (await browsing?.catch(() => undefined))?.close();
    },
  };
}

type Trouble = Exclude<AppCase, 'plain'>;
const troubles: readonly Trouble[] = ['denied', 'wrong-state', 'expired', 'slow', 'empty'];

/**
 * The embedded payer whose app is launched; Chromium stays open for all injections. `whole`: every launch is made under each fault, not only one that its row
 * needs: a launch takes as long as a hundred requests.
 */
export async function openAppBench(whole = false): Promise<Bench> {
  const { giveBack } = await borrowBrowser();
  const embedded = await startEmbedded();
  const apps = appsOf(embedded.origin);
  const bench = await benchOf({ ...embedded, target: { ...embedded.target, apps } }, ['apps']);
  /** The launch that suffices for the row, beside the ordinary one. */
  const casesFor = (requirement: string | undefined): readonly Trouble[] | undefined => {
    const check = checks.find(({ id }) => id === requirement);
    if (whole || check === undefined) return undefined;
    const { exchanges } = bench.baseline;
    const enough = troubles.find((kind) => {
      const part = { ...bench.baseline, exchanges: exchanges.filter(({ variant }) => variant === 'plain' || variant === kind) };
      return findingOf(check, part).outcome === 'pass';
    });
    return enough === undefined ? undefined : [enough];
  };
  return {
    ...bench,
    inject(injection) {
      const cases = casesFor(injection.requirement);
      if (cases === undefined) return bench.inject(injection);
      return bench.inject({ ...injection, fault: { ...injection.fault, target: { apps: apps.map((app) => ({ ...app, cases })) } } });
    },
    async close() {
      await bench.close();
      await giveBack();
    },
  };
}

/** Does it strike in a browser? */
export const ofApps = ({ fault }: Pick<Injection, 'fault'>): boolean => [fault.at].flat().some((step) => step.startsWith('app.'));

export const ofTransport = ({ fault }: Injection): boolean => [fault.at].flat().some((step) => step === 'tls' || step === 'plain-http');

/** @internal Shared with the runner of shapes. */
export async function benchOf(started: Embedded, all: readonly string[]): Promise<Bench> {
  // The percentile rows need many calls; their own faults ask for them.
  const embedded: Embedded = { ...started, target: { ...started.target, crd: { ...started.target.crd, samples: 0 } } };
  const session = openSession(embedded.target, embedded.secrets);
  const heard: RawExchange[] = [];
  // An enricher sees every exchange before redaction.
  const listen: Enricher = (exchange) => {
    heard.push(exchange);
    return {};
  };
  const stored = await drive({ target: embedded.target, suites: withNeeds(suites, all), ...session, enrichers: [...session.enrichers, listen] });
  const baseline: Baseline = { ...stored, heard };
  const converse = async (target: Target, ids: readonly string[]): Promise<Evidence> => {
    const load = ids.find((id) => id.startsWith('load.'))?.slice('load.'.length);
    // Where a token comes by UDAP, the suites that fetch it are no needs of the others, since elsewhere they do without.
    const byUdap = target.auth.kind === 'udap' ? ['udap.token'] : [];
    const evidence = await drive({ target, suites: withNeeds(suites, load === undefined ? [...byUdap, ...ids] : ['token']), ...session });
    return load === undefined ? evidence : { ...evidence, latency: await loadInProcess(embedded, target, load) };
  };
  const found = findings(baseline);
  return {
    found,
    blocked: baseline.blocked,
    baseline,
    honest: found.filter(({ finding }) => finding.outcome === 'fail'),
    // An injection that cannot be tried is a broken build like one that survives, and must not hide the others.
    inject: (injection, whole) =>
      injectOne(injection, embedded, baseline, converse, whole === undefined ? undefined : all).catch((cause: unknown) =>
        notInjectable(injection, cause),
      ),
    async close() {
      session.close();
      await embedded.close();
    },
  };
}

const notInjectable = ({ id, requirement }: Injection, cause: unknown): FaultResult => ({
  fault: id,
  ...(requirement === undefined ? {} : { requirement }),
  failed: [],
  notTestable: [],
  ok: false,
  why: `NOT INJECTED: ${messageOf(cause)}`,
  ms: 0,
});

/** Rows that compare answers with each other: a fault that spoils one answer breaks them by nature; a legal variation never does. */
const crossing = checks.filter((check) => check.crosses !== undefined).map((check) => check.id);

async function injectOne(
  { id, requirement, fault }: Injection,
  embedded: Embedded,
  baseline: Baseline,
  converse: (target: Target, ids: readonly string[]) => Promise<Evidence>,
  all?: readonly string[],
): Promise<FaultResult> {
  embedded.payer.inject(fault);
  const began = performance.now();
  const evidence = await converse(overlaid(asOfNow(embedded.target), fault.target), all ?? touching(fault, baseline));
  const found = findings(evidence);
  const failed = found.filter(({ finding }) => finding.outcome === 'fail');
  const notTestable = found.filter(({ finding }) => finding.outcome === 'not-testable').map((each) => each.requirement);
  const allowed = new Set([requirement, ...Object.keys(fault.alsoFails ?? {}), ...(requirement === undefined ? [] : crossing)]);
  const collateral = failed.filter((each) => !allowed.has(each.requirement));
  const survived = requirement !== undefined && !failed.some((each) => each.requirement === requirement);
  const own = found.find((each) => each.requirement === requirement)?.finding;
  const why = [
    ...(survived ? [`SURVIVED: ${requirement} says ${JSON.stringify(own)}`] : []),
    ...collateral.map((each) => `COLLATERAL: ${each.requirement} says ${JSON.stringify(each.finding)}`),
  ].join('\n  ');
  return {
    fault: id,
    ...(requirement === undefined ? {} : { requirement }),
    failed: failed.map((each) => each.requirement),
    notTestable,
    ok: why === '',
    ...(own === undefined ? {} : { own }),
    struck: embedded.payer.struck || (fault.alter === undefined && fault.behaviour === undefined && fault.delayMs === undefined),
    ...(why === '' ? {} : { why }),
    ms: Math.round(performance.now() - began),
  };
}

/** A configuration URL that is limited in time stays nearly an hour old, however long the faults before this one took. */
function asOfNow(target: Target): Target {
  if (target.wellKnown?.timeLimited === undefined) return target;
  return { ...target, wellKnown: { ...target.wellKnown, timeLimited: { issuedAt: new Date(Date.now() - 56 * 60_000).toISOString() } } };
}

/** The target file with a fault's changes: objects are merged one level deep, so that a fault names only what it needs. */
function overlaid(target: Target, patch: Partial<Target> = {}): Target {
  const plain = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
  const merged = Object.entries(patch).map(([key, value]) => {
    const before = target[key as keyof Target];
    return [key, plain(before) && plain(value) ? { ...before, ...value } : value];
  });
  return { ...target, ...Object.fromEntries(merged) };
}

/** The honest run, with its answers as they came over the wire. */
type Baseline = Evidence & { readonly heard: readonly RawExchange[] };

/**
 * The suites whose answers a fault can change, so that leaving the others out hides no collateral: answers at other steps stay what they were,
 * and a wire transform, being pure, shows on the honest answers which of them it would touch.
 */
function touching(fault: Fault, baseline: Baseline): readonly string[] {
  // What strikes under load only leaves single callers alone.
  if (fault.drives?.some((each) => each.startsWith('load.'))) return fault.drives;
  const steps = [fault.at].flat();
  const asking = suites.filter((suite) => baseline.exchanges.some((each) => each.suite === suite.id && steps.includes(each.step)));
  const changed = pureTransform(fault)
    ? asking.filter((suite) =>
        baseline.heard.some((each) => each.suite === suite.id && (steps.includes(each.step) || each.step === 'page') && changes(fault, each)),
      )
    : [];
  const named = new Set(fault.drives);
  const ids = suites.filter((suite) => named.has(suite.id) || (changed.length > 0 ? changed : asking).includes(suite)).map((suite) => suite.id);
  if (ids.length === 0)
    throw new Error(`No suite asks for ${steps.join(', ')}, so "${fault.name}" cannot show. Add a suite, or correct the fault's step.`);
  return ids;
}

/** Nothing but a change to answers: no behaviour, no delay, no other target file. */
const pureTransform = ({ alter, behaviour, delayMs, target }: Fault): boolean =>
  alter !== undefined && behaviour === undefined && delayMs === undefined && target === undefined;

// A further page is asked for as `page`, but the payer answers it with the route of the first.
function changes({ alter }: Fault, { request, response }: RawExchange): boolean {
  if (!response) return false;
  try {
    const altered = alter?.(response, request) ?? response;
    return altered !== response && JSON.stringify(altered) !== JSON.stringify(response);
  } catch {
    return true;
  }
}

const findings = (evidence: Evidence) => checks.map((check) => ({ requirement: check.id, finding: findingOf(check, evidence) }));
