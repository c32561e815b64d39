import { noBaseline } from '../core/compare.ts';
import type { Run } from '../core/model.ts';
import { readRun } from '../run/stored.ts';

/** The run that others are compared with. Throws, with the reason, when it cannot be one. */
export function baselineAt(path: string): Run {
  const run = readRun(path);
  const why = noBaseline(run);
  if (why !== undefined) throw new Error(`${path} is no baseline: ${why}. Take one from a run that was completed and conclusive.`);
  return run;
}
