import { loadChecks } from '../../checks/time/load.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { loadInProcess } from '../../scripts/faults/load.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Finding, LatencyData, Target } from '../../src/core/model.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import type { BenchRow } from '../row.ts';

const repeats = 20;
const names = ['agreed', 'overload', 'isolation'] as const;
/** Limits are agreed, so that an alarm could be raised. */
const agreement = { errorRate: 0.001, limits: { read: { p90: 2000, p95: 2000 }, search: { p95: 4000 } } };
const agreed = (target: Target, rate: number): Target => ({ ...target, agreement: { ...agreement, rate } });

/** Twenty honest loads each way: inside this process, and with k6 against payers whose members come from another seed each time. */
export async function alarmRows(embedded: Embedded): Promise<readonly BenchRow[]> {
  return [...(await inProcess(embedded)), ...(await withK6())];
}

async function inProcess(embedded: Embedded): Promise<readonly BenchRow[]> {
  const findings: Finding[] = [];
  for (const [repeat, name] of turns()) {
    const target = agreed(embedded.target, 15 + repeat);
    findings.push(...judged(target, await loadInProcess(embedded, target, name)));
  }
  return rowsOf('in process', findings);
}

async function withK6(): Promise<readonly BenchRow[]> {
  const findings: Finding[] = [];
  for (const [repeat, name] of turns()) {
    const embedded = await startEmbedded({ seed: 1000 + repeat });
    try {
      const target = agreed(embedded.target, 15 + repeat);
      const outcome = await runLoad(brief(profileOf(name, target.agreement)), { target, secrets: embedded.secrets });
      if (!('latency' in outcome)) throw new Error(`The load was not made: ${outcome.notRun.why}`);
      const found = judged(target, outcome.latency);
      const { load } = outcome.latency;
      console.error(
        `seed ${1000 + repeat}, ${name}: ${load?.requests} requests, ${countOf(found, 'fail')} alarms${load?.inconclusive ? `; ${load.inconclusive}` : ''}`,
      );
      findings.push(...found);
    } finally {
      await embedded.close();
    }
  }
  return rowsOf('with k6', findings);
}

/** All stages but the warm-up in five seconds. */
function brief(profile: Profile): Profile {
  const stages = profile.stages.filter((each) => each.kind !== 'warm-up');
  return { ...profile, tolerated: 1, stages: stages.map((each) => ({ ...each, seconds: 5 / stages.length })) };
}

const turns = () => Array.from({ length: repeats }, (_, repeat) => [repeat, names[repeat % names.length] ?? 'agreed'] as const);
const judged = (target: Target, latency: LatencyData): readonly Finding[] =>
  loadChecks.map((check) => findingOf(check, { exchanges: [], blocked: [], target, latency }));
const countOf = (findings: readonly Finding[], outcome: Finding['outcome']) => findings.filter((each) => each.outcome === outcome).length;

/** Zero alarms say something only where something could have been said. */
const rowsOf = (how: string, findings: readonly Finding[]): readonly BenchRow[] => [
  { name: `alarms at the honest payer in ${repeats} loads, ${how}`, value: countOf(findings, 'fail'), unit: '', atMost: 0 },
  { name: `verdicts that passed meanwhile, ${how}`, value: countOf(findings, 'pass'), unit: '', atLeast: repeats },
];
