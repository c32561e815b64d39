import { parentPort, workerData } from 'node:worker_threads';
import { faults, legalVariations } from '../../checks/plants.ts';
import { openBench } from './plant.ts';

/** One thread of the faults project: its own embedded payer, every n-th plant of the list. */
const { ids } = workerData as { readonly ids: readonly string[] };
const wanted = new Set(ids);
const bench = await openBench();
parentPort?.postMessage({ honest: bench.honest });
for (const plant of [...faults, ...legalVariations].filter((each) => wanted.has(each.id))) parentPort?.postMessage({ row: await bench.plant(plant) });
await bench.close();
