import { mkdirSync, writeFileSync } from 'node:fs';
import { checks } from '../checks/index.ts';
import { startEmbedded } from '../mocks/embedded.ts';
import { signersOf } from '../src/client/identity.ts';
import { createTransport } from '../src/client/transport.ts';
import { findingOf } from '../src/core/judge.ts';
import type { Evidence, Fault, Target } from '../src/core/model.ts';
import { drive } from '../src/run/drive.ts';
import { withNeeds } from '../src/run/suite.ts';
import { suites } from '../suites/index.ts';

/**
 * Plants every fault in the embedded payer, one at a time and on the wire, and demands that exactly its requirement turns to fail.
 * Only the suites that touch the fault's steps are driven again: answers at other steps cannot differ from the honest run.
 */
const filter = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const embedded = await startEmbedded();
const transport = createTransport();
const signers = signersOf(embedded.target, embedded.secrets);
const conversation = (target: Target, ids: readonly string[]): Promise<Evidence> =>
  drive({ target, suites: withNeeds(suites, ids), transport, signers });
const failing = (evidence: Evidence, outcome: string) =>
  checks.filter((check) => findingOf(check, evidence).outcome === outcome).map((check) => check.id);

const honest = await conversation(
  embedded.target,
  suites.map((each) => each.id),
);
const honestFails = failing(honest, 'fail');
if (honestFails.length > 0) {
  for (const check of checks.filter((each) => honestFails.includes(each.id))) console.error(check.id, JSON.stringify(findingOf(check, honest)));
}
const touching = (fault: Fault): string[] => {
  const steps = [fault.at].flat();
  return suites.filter((suite) => honest.exchanges.some((each) => each.suite === suite.id && steps.includes(each.step))).map((each) => each.id);
};

const rows: { fault: string; requirement: string; failed: string[]; notTestable: string[]; ok: boolean; ms: number }[] = [];
for (const check of checks) {
  for (const fault of check.faults) {
    if (filter.length > 0 && !filter.some((each) => check.id.includes(each))) continue;
    embedded.payer.plant(fault);
    const began = performance.now();
    const evidence = await conversation({ ...embedded.target, ...fault.target }, touching(fault));
    const failed = failing(evidence, 'fail');
    const allowed = new Set([check.id, ...Object.keys(fault.alsoFails ?? {})]);
    const ok = failed.includes(check.id) && failed.every((id) => allowed.has(id));
    rows.push({
      fault: fault.name,
      requirement: check.id,
      failed,
      notTestable: failing(evidence, 'not-testable'),
      ok,
      ms: Math.round(performance.now() - began),
    });
    if (!ok)
      console.error(
        `${failed.includes(check.id) ? 'COLLATERAL' : 'SURVIVED'} ${check.id}: "${fault.name}" failed [${failed.join(', ')}], own finding ${JSON.stringify(findingOf(check, evidence))}`,
      );
  }
}
transport.close();
await embedded.close();
mkdirSync('out', { recursive: true });
writeFileSync('out/faults.json', JSON.stringify(rows, null, 1));
const bad = rows.filter((row) => !row.ok).length + honestFails.length;
const sorted = rows.map((row) => row.ms).sort((a, b) => a - b);
console.log(
  `faults: ${rows.length} planted, median ${sorted[Math.floor(sorted.length / 2)] ?? 0} ms; the honest payer fails ${honestFails.length} checks`,
);
console.log(`${rows.length - (bad - honestFails.length)} passed, ${bad} failed`);
process.exitCode = bad > 0 ? 1 : 0;
