import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { faults, type Injection, legalVariations } from '../checks/injections.ts';
import { type FaultResult, ofApps, ofTransport } from './faults/inject.ts';

/**
 * The faults project. Injections every fault in the embedded payer, one at a time and on the wire, and demands that exactly its requirement turns to
 * fail; then every legal variation, under which none may. Usage: `npm run faults -- [part of an id ...] [--whole]`.
 * `--whole`: apps make all their launches under each fault. Writes out/faults.json and out/variations.json.
 */
// One process for a thousand runs has the memory of a thousand: its threads stay.
process.env['PAYER_ASSAY_MEMORY'] ??= 'ample';
const parts = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const whole = process.argv.includes('--whole');
const wanted = ({ id }: Injection) => parts.length === 0 || parts.some((part) => id.includes(part));
const injections = [...faults, ...legalVariations].filter(wanted);
const duplicate = injections.find((injection, index) => injections.findIndex((other) => other.id === injection.id) !== index);
if (duplicate) throw new Error(`Two injections share the id ${duplicate.id}. Give one of them another name.`);

const mostAgain = 5;
const rows: FaultResult[] = [];
const honest = new Map<string, unknown>();
/** Takes one injection after the other from `next`, until there is none. */
const run = (next: () => Injection | undefined) =>
  new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL('./faults/worker.ts', import.meta.url), {
      workerData: { whole },
      resourceLimits: { maxYoungGenerationSizeMb: 192 },
    });
    worker.on('message', (message: { row?: FaultResult; honest?: { requirement: string; finding: unknown }[] }) => {
      for (const each of message.honest ?? []) honest.set(each.requirement, each.finding);
      if (message.row) rows.push(message.row);
      worker.postMessage(next()?.id ?? null);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a thread of the faults project ended with ${code}`))));
  });
// From both ends: what needs a browser stands first and what needs https last, so that each is opened by one thread only.
const place = (injection: Injection): number => (ofApps(injection) ? 0 : ofTransport(injection) ? 2 : 1);
const waiting = injections.toSorted((a, b) => place(a) - place(b));
const ends = [() => waiting.shift(), () => waiting.pop()];
await Promise.all(ends.slice(0, Math.min(availableParallelism(), injections.length)).map(run));

/** A busy machine may hide a fault of time, or look like one: a few are tried once more, alone, and it is said. More than that are no accident. */
const again = rows.filter((row) => !row.ok);
if (again.length <= mostAgain)
  for (const { fault, why } of again) {
    console.error(`once more, alone: ${fault}: ${why}`);
    rows.splice(
      rows.findIndex((row) => row.fault === fault),
      1,
    );
    const alone = injections.filter(({ id }) => id === fault);
    await run(() => alone.shift());
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
