import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { faults, type Injection, legalVariations } from '../checks/injections.ts';
import type { FaultResult } from './faults/inject.ts';

/**
 * The faults project. Injections every fault in the embedded payer, one at a time and on the wire, and demands that exactly its requirement turns to
 * fail; then every legal variation, under which none may. Usage: `npm run faults -- [part of an id ...] [--whole]`.
 * `--whole`: apps make all their launches under each fault. Writes out/faults.json and out/variations.json.
 */
const parts = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const whole = process.argv.includes('--whole');
const wanted = ({ id }: Injection) => parts.length === 0 || parts.some((part) => id.includes(part));
const injections = [...faults, ...legalVariations].filter(wanted);
const duplicate = injections.find((injection, index) => injections.findIndex((other) => other.id === injection.id) !== index);
if (duplicate) throw new Error(`Two injections share the id ${duplicate.id}. Give one of them another name.`);

const mostAgain = 5;
const rows: FaultResult[] = [];
const honest = new Map<string, unknown>();
const threads = Math.max(1, Math.min(2, availableParallelism(), injections.length));
const run = (share: readonly Injection[]) =>
  new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL('./faults/worker.ts', import.meta.url), { workerData: { ids: share.map((injection) => injection.id), whole } });
    worker.on('message', (message: { row?: FaultResult; honest?: { requirement: string; finding: unknown }[] }) => {
      for (const each of message.honest ?? []) honest.set(each.requirement, each.finding);
      if (!message.row) return;
      rows.push(message.row);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a thread of the faults project ended with ${code}`))));
  });
await Promise.all(Array.from({ length: threads }, (_, thread) => run(injections.filter((_, index) => index % threads === thread))));

/** A busy machine may hide a fault of time, or look like one: a few are tried once more, alone, and it is said. More than that are no accident. */
const again = rows.filter((row) => !row.ok);
if (again.length <= mostAgain)
  for (const { fault, why } of again) {
    console.error(`once more, alone: ${fault}: ${why}`);
    rows.splice(
      rows.findIndex((row) => row.fault === fault),
      1,
    );
    await run(injections.filter(({ id }) => id === fault));
  }
for (const { fault, why } of rows.filter((row) => !row.ok)) console.error(`FAIL ${fault}: ${why}`);

const order = new Map(injections.map((injection, index) => [injection.id, index]));
rows.sort((a, b) => (order.get(a.fault) ?? 0) - (order.get(b.fault) ?? 0));
const ofFaults = rows.filter((row) => row.requirement !== undefined);
const ofVariations = rows.filter((row) => row.requirement === undefined);
mkdirSync('out', { recursive: true });
writeFileSync('out/faults.json', `${JSON.stringify(ofFaults, null, 1)}\n`);
writeFileSync('out/variations.json', `${JSON.stringify(ofVariations, null, 1)}\n`);

for (const [requirement, finding] of honest) console.error(`FAIL on the honest payer: ${requirement} says ${JSON.stringify(finding)}`);
const times = ofFaults.map((row) => row.ms).sort((a, b) => a - b);
const survivors = ofFaults.filter((row) => !row.failed.includes(row.requirement ?? '')).length;
const collateral = ofFaults.filter((row) => !row.ok).length - survivors;
console.log(
  `faults: ${ofFaults.length} injected, ${survivors} survived, ${collateral} with collateral, median ${times[times.length >> 1] ?? 0} ms; ` +
    `variations: ${ofVariations.length}, ${ofVariations.filter((row) => !row.ok).length} raised an alarm; the honest payer fails ${honest.size}`,
);
const bad = rows.filter((row) => !row.ok).length + honest.size;
console.log(`${rows.length - rows.filter((row) => !row.ok).length} passed, ${bad} failed`);
process.exitCode = bad > 0 ? 1 : 0;
