import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noteTry } from '../assay/tries.ts';
import type { Run, Target } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { gradeUnder, type PlanGrade } from '../plan/grade.ts';
import type { Catalogue } from '../plan/judged.ts';
import { planNamed, retractions, shelf } from '../plan/load.ts';
import { forbiddenIn } from '../plan/target.ts';
import type { Resolved } from '../plan/types.ts';
import { plannedRun } from './planned-run.ts';

/** `--plan a,b` of run and regrade. */

/** The plans of these names, all good on this day (YYYY-MM-DD). Throws for one that is unknown, over, withdrawn, or not yet to be used. */
export function openPlans(names: readonly string[], today: string, folder?: string): readonly Resolved[] {
  const all = shelf(folder);
  return names.map((name) => {
    const resolved = planNamed(name, all);
    const { status, from, until } = resolved.plan;
    if (status === 'retired' || status === 'withdrawn')
      throw new Error(`${resolved.name} is ${status}: take a newer edition. \`payer-assay plan list\` shows all.`);
    if (until !== undefined && until < today)
      throw new Error(`${resolved.name} expired on ${until}, and today is ${today}: take a newer edition. \`payer-assay plan list\` shows all.`);
    if (from !== undefined && from > today)
      throw new Error(`${resolved.name} may be used from ${from} on, and today is ${today}. Is the clock of this machine right?`);
    return resolved;
  });
}

/** The target that is driven under the plans: their guides and no others. Throws, naming them, where the target file has entries that a plan forbids. */
export function plannedTarget(target: Target, plans: readonly Resolved[]): Target {
  const forbidden = forbiddenIn(target, plans);
  if (forbidden.length > 0)
    throw new Error(
      `The target file sets ${forbidden.join(', ')}, which ${plans.map(({ name }) => name).join(' and ')} ${plans.length === 1 ? 'forbids' : 'forbid'}: who is graded does not write what is graded. Remove it and run again; nothing was sent.`,
    );
  const used = Object.fromEntries(plans.toReversed().flatMap(({ guides }) => Object.entries(guides).map(([id, { bind }]) => [id, bind])));
  return { ...target, guides: used };
}

/** Grades the run under each plan and writes grade.json, grade.html, badge.svg and conformance.html of each. Answers with the exit code: the worst. */
export async function gradePlans(
  run: Run,
  plans: readonly Resolved[],
  catalogue: Catalogue,
  folder: string | undefined,
  { json, journal = false }: { readonly json: boolean; readonly journal?: boolean },
): Promise<number> {
  const grades = plans.map((each) => gradeUnder(run, each, catalogue, retractions()));
  if (journal) for (const { name, word } of grades) note(run, name, word);
  for (const [nth, grade] of grades.entries()) {
    if (folder !== undefined && plans[nth] !== undefined)
      await writeGrade(run, plans[nth], grade, plans.length === 1 ? join(folder, 'grade') : join(folder, `grade-${nth + 1}`), json);
    if (!json) for (const line of wordsOf(grade)) console.log(line);
  }
  if (json)
    console.log(
      JSON.stringify(
        grades.map(({ verdicts: _, ...grade }) => grade),
        null,
        1,
      ),
    );
  // A failure under one plan is not covered by what another one left open.
  const codes = grades.map(({ exitCode }) => exitCode);
  return codes.includes(1) ? 1 : Math.max(0, ...codes);
}

/** A journal that cannot be written is no reason to lose a grade. */
function note(run: Run, plan: string, word: string): void {
  try {
    noteTry(run, plan, word);
  } catch (cause) {
    console.error(`  The journal of tries could not be written (${(cause as Error).message}): a package of this run will not know what came before.`);
  }
}

/** grade.json, grade.html, badge.svg and conformance.html of one plan. */
export async function writeGrade(run: Run, plan: Resolved, grade: PlanGrade, folder: string, quiet: boolean): Promise<void> {
  const [{ renderConformance }, { renderBadge, renderGrade }] = await Promise.all([
    import('../../reports/render.ts'),
    import('../../reports/grade.ts'),
  ]);
  makeFolder(folder);
  const planned = plannedRun(run, plan, grade);
  const files: Readonly<Record<string, string>> = {
    'grade.json': `${JSON.stringify(grade, null, 1)}\n`,
    'grade.html': renderGrade(grade),
    'badge.svg': renderBadge(grade),
    'conformance.html': renderConformance(planned),
  };
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600);
    if (!quiet) console.log(file);
  }
}

/** For the terminal: what is not shown comes first. */
function wordsOf({ name, word, gaps, failed, shall, mustShow, replaced, validUntil }: PlanGrade): readonly string[] {
  const most = 12;
  return [
    ...gaps.slice(0, most).map(({ kind, what, why, add }) => `  ${kind}: ${what} (${why})${add === undefined ? '' : `; add ${add}`}`),
    ...(gaps.length > most ? [`  and ${gaps.length - most} more, see grade.json`] : []),
    ...failed.map((id) => `  failed: ${id}`),
    ...(replaced.length > 0 ? [`  the plan wins over the target file: ${replaced.join(', ')}`] : []),
    `${name}: ${word} · ${shall.verified} of ${shall.selected} SHALL verified · ${mustShow.filter(({ state }) => state === 'shown').length} of ${mustShow.length} facts shown · ${failed.length} failed · valid until ${validUntil}`,
  ];
}
