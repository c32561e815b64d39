import { checks } from '../../checks/index.ts';
import type { Plant } from '../../checks/plants.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, Fault, Finding, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** What came of one planted defect. */
export interface Row {
  readonly fault: string;
  readonly requirement?: string;
  readonly failed: readonly string[];
  readonly notTestable: readonly string[];
  readonly ok: boolean;
  /** For a person: what went wrong. */
  readonly why?: string;
  readonly ms: number;
}

export interface Bench {
  /** Requirements that the honest payer fails, with the finding: must be none. */
  readonly honest: readonly { readonly requirement: string; readonly finding: Finding }[];
  plant(plant: Plant): Promise<Row>;
  close(): Promise<void>;
}

/** An honest embedded payer with its baseline, ready to be spoilt. */
export async function openBench(): Promise<Bench> {
  const started = await startEmbedded();
  // The percentile rows need many calls; their own faults ask for them.
  const embedded: Embedded = { ...started, target: { ...started.target, crd: { ...started.target.crd, samples: 0 } } };
  const session = openSession(embedded.target, embedded.secrets);
  const converse = (target: Target, ids: readonly string[]): Promise<Evidence> => drive({ target, suites: withNeeds(suites, ids), ...session });
  const baseline = await converse(
    embedded.target,
    suites.map((suite) => suite.id),
  );
  return {
    honest: findings(baseline).filter(({ finding }) => finding.outcome === 'fail'),
    // A plant that cannot be tried is a broken build like one that survives, and must not hide the others.
    plant: (plant) => plantOne(plant, embedded, baseline, converse).catch((cause: unknown) => unplantable(plant, cause)),
    async close() {
      session.close();
      await embedded.close();
    },
  };
}

const unplantable = ({ id, requirement }: Plant, cause: unknown): Row => ({
  fault: id,
  ...(requirement === undefined ? {} : { requirement }),
  failed: [],
  notTestable: [],
  ok: false,
  why: `NOT PLANTED: ${cause instanceof Error ? cause.message : String(cause)}`,
  ms: 0,
});

async function plantOne(
  { id, requirement, fault }: Plant,
  embedded: Embedded,
  baseline: Evidence,
  converse: (target: Target, ids: readonly string[]) => Promise<Evidence>,
): Promise<Row> {
  embedded.payer.plant(fault);
  const began = performance.now();
  const evidence = await converse(overlaid(embedded.target, fault.target), touching(fault, baseline));
  const found = findings(evidence);
  const failed = found.filter(({ finding }) => finding.outcome === 'fail');
  const notTestable = found.filter(({ finding }) => finding.outcome === 'not-testable').map((each) => each.requirement);
  const allowed = new Set([requirement, ...Object.keys(fault.alsoFails ?? {})]);
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
    ...(why === '' ? {} : { why }),
    ms: Math.round(performance.now() - began),
  };
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

/**
 * The suites whose answers a fault can change: those that asked for its steps in the honest run. Answers at other steps stay what they were,
 * so leaving those suites out hides no collateral.
 */
function touching(fault: Fault, baseline: Evidence): readonly string[] {
  const steps = [fault.at].flat();
  const named = new Set(fault.drives);
  const ids = suites
    .filter((suite) => named.has(suite.id) || baseline.exchanges.some((each) => each.suite === suite.id && steps.includes(each.step)))
    .map((suite) => suite.id);
  if (ids.length === 0)
    throw new Error(`No suite asks for ${steps.join(', ')}, so "${fault.name}" cannot show. Add a suite, or correct the fault's step.`);
  return ids;
}

const findings = (evidence: Evidence) => checks.map((check) => ({ requirement: check.id, finding: findingOf(check, evidence) }));
