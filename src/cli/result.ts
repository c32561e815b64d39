import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { grade } from '../core/grade.ts';
import type { Run } from '../core/model.ts';
import { keepSummary } from '../desk/runs.ts';
import { exit, explainFailure } from './failure.ts';
import { type Wanted, writeReports } from './files.ts';

/** Writes the reports, prints the result and answers with the exit code. An interrupted run makes no statement: it is incomplete. */
export async function report(
  run: Run,
  folder: string,
  how: { readonly json: boolean; readonly interrupted?: boolean; readonly incomplete?: boolean } & Wanted,
): Promise<number> {
  const written = await writeReports(folder, run, how);
  const stored = join(folder, 'run.json');
  const files = [...(existsSync(stored) ? [stored] : []), ...written.files];
  if (written.leftOut.length > 0)
    console.error(
      `Not made, so that the run ends in time: ${written.leftOut.map((each) => basename(each)).join(', ')}. Make them with: payer-assay report ${folder}`,
    );
  // A report that is written elsewhere is no run of its own there.
  if (existsSync(stored)) keepSummary(folder, run);
  const result = grade(run, run.finishedAt.slice(0, 10));
  for (const { file, cause } of written.failed) console.error(`${file} was not written. ${explainFailure(cause)}`);
  const code =
    written.failed.length > 0 ? exit.trouble : how.interrupted || (how.incomplete && result.exitCode === 0) ? exit.incomplete : result.exitCode;
  if (how.json) {
    console.log(JSON.stringify({ ...result, exitCode: code, interrupted: how.interrupted === true, files }, null, 1));
    return code;
  }
  const { renderTerminal } = await import('../../reports/terminal.ts');
  console.log(renderTerminal(run));
  for (const { requirement, why } of result.stale) console.log(`Stale expectation ${requirement}: ${why}.`);
  for (const { what, why, fix } of run.notRun) console.log(`Not run: ${what} (${why}). Fix: ${fix}`);
  for (const file of files) console.log(file);
  return code;
}
