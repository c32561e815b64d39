import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../assay/build.ts';
import type { Said } from '../assay/statement.ts';
import { triesBefore } from '../assay/tries.ts';
import type { Run } from '../core/model.ts';
import { gradeUnder, type PlanGrade } from '../plan/grade.ts';
import { type Catalogue, rowsFor } from '../plan/judged.ts';
import { retractions } from '../plan/load.ts';
import type { Resolved } from '../plan/types.ts';
import { fitting } from '../plan/variant.ts';
import { writeFully } from '../run/journal.ts';
import { runText } from '../run/store.ts';
import { packageFolder } from '../validation/packages/folders.ts';
import { plannedRun } from './planned-run.ts';

/** Packages on disk: made, read, and never written over. */

/** One run under one plan as the bytes of a package, and its grade. */
export async function assayOf(
  run: Run,
  asked: Resolved,
  catalogue: Catalogue,
  said: Said,
): Promise<{ readonly bytes: Uint8Array; readonly grade: PlanGrade }> {
  const [{ renderConformance }, { renderBadge, renderGrade }] = await Promise.all([
    import('../../reports/render.ts'),
    import('../../reports/grade.ts'),
  ]);
  const resolved = fitting(run, asked);
  const retracted = retractions();
  const grade = gradeUnder(run, resolved, catalogue, retracted);
  const bytes = build({
    run,
    runText: runText(run),
    resolved,
    grade,
    rows: rowsFor(resolved.plan, catalogue),
    retracted,
    tries: triesBefore(run, resolved.name),
    said,
    pages: { grade: renderGrade(grade), badge: renderBadge(grade), conformance: renderConformance(plannedRun(run, resolved, grade)) },
    packageFolder: (id) => {
      const folder = join(packageFolder(), id);
      return existsSync(folder) ? folder : undefined;
    },
  });
  return { bytes, grade };
}

/** Writes a new file, readable by its owner alone. Throws, saying so, when there is a file of that name: no package is written over. */
export function writeNew(path: string, bytes: Uint8Array): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new Error(`${path} is there already, and nothing is overwritten. Choose another place with --out, or move it away.`, { cause });
  }
  try {
    writeFully(file, bytes);
  } finally {
    closeSync(file);
  }
}

/** The bytes of a package. Throws when there is no such file. */
export function readAssay(path: string): Uint8Array {
  if (!existsSync(path)) throw new Error(`There is no package at ${path}. \`payer-assay package RUNDIR\` makes one.`);
  return readFileSync(path);
}
