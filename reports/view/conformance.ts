import { grade } from '../../src/core/grade.ts';
import type { Run } from '../../src/core/model.ts';

export function conformanceView(run: Run) {
  const result = grade(run, run.finishedAt.slice(0, 10));
  return { title: run.target.name, result: result.result, exchanges: [] };
}
