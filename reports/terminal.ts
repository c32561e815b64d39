import { grade } from '../src/core/grade.ts';
import type { Run } from '../src/core/model.ts';

/** The run in a few lines for a terminal. */
export function renderTerminal(run: Run): string {
  const result = grade(run, run.finishedAt.slice(0, 10));
  const { counts } = result;
  return `${run.target.name}: ${result.result} · ${counts.fail} SHALL not met · ${counts.warning} warnings · ${counts['not-testable']} not testable · ${counts.pass} met`;
}
