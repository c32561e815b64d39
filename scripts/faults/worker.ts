import { parentPort, workerData } from 'node:worker_threads';
import { faults, legalVariations } from '../../checks/injections.ts';
import { openBench } from './inject.ts';

/** One thread of the faults project: its own embedded payer, one injection after the other as it is told, until it is told that there is none. */
const bench = await openBench(workerData as { readonly whole: boolean });
const known = new Map([...faults, ...legalVariations].map((each) => [each.id, each]));
parentPort?.on('message', async (id: string | null) => {
  const injection = id === null ? undefined : known.get(id);
  if (injection !== undefined) return parentPort?.postMessage({ row: await bench.inject(injection) });
  await bench.close();
  parentPort?.close();
});
parentPort?.postMessage({ honest: bench.honest });
