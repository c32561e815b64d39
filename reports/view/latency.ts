import type { Run } from '../../src/core/model.ts';

export function latencyView(run: Run) {
  return { title: run.target.name };
}
