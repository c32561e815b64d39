import { parentPort, workerData } from 'node:worker_threads';
import { faults, legalVariations } from '../../checks/injections.ts';
import { openBench } from './inject.ts';

/** One thread of the faults project: its own embedded payer, every n-th injection of the list. */
const { ids, whole } = workerData as { readonly ids: readonly string[]; readonly whole: boolean };
const wanted = new Set(ids);
const bench = await openBench({ whole });
parentPort?.postMessage({ honest: bench.honest });
for (const injection of [...faults, ...legalVariations].filter((each) => wanted.has(each.id)))
  parentPort?.postMessage({ row: await bench.inject(injection) });
await bench.close();
