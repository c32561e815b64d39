import { parentPort } from 'node:worker_threads';
import { faults } from '../../checks/injections.ts';
import { shapes } from '../../mocks/shapes/index.ts';
import { tryShape } from './bench.ts';

/** One thread of the shapes project: takes a shape at a time and answers with what became of it. */
parentPort?.on(
  'message',
  async ({ shape: id, injections, until }: { readonly shape: string; readonly injections: readonly string[]; readonly until?: number }) => {
    const shape = shapes.find((each) => each.id === id);
    if (shape === undefined) throw new Error(`There is no shape called ${id}.`);
    const wanted = new Set(injections);
    parentPort?.postMessage(
      await tryShape(
        shape,
        faults.filter((fault) => wanted.has(fault.id)),
        until,
      ),
    );
  },
);
