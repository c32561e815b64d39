import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Requirement } from '../core/model.ts';

/** Which requirements a command line of Playwright asks for, so that a part of them costs a part of the requests. */

/** Handed from the process that reads the command line to the workers of a project, which learn of only one test after the other. */
export const wantedVariable = (project: string): string => `ASSAY_WANTED_${project}`;
/** Where runs of this project lie, below the working folder. */
export const runsFolder = join('out', 'playwright');
/** Ids that failed in the last run of a project, for `--last-failed`. */
export const lastFailedFile = (project: string): string => join(runsFolder, `last-failed-${project}.json`);

/** The name of a requirement's test. */
export const titleOf = ({ id, text }: Pick<Requirement, 'id' | 'text'>): string => `${id}: ${text}`;

/** Tags of a requirement's test: level, scenarios, lines, and the first word of its id. */
export const tagsOf = ({ id, level, scenarios, lines }: Requirement): readonly string[] =>
  [...new Set([level, ...scenarios, ...lines, id.split('.')[0] ?? id])].map((each) => `@${each}`);

/**
 * The ids that these arguments of `playwright test` leave; undefined for all of them, and wherever the arguments cannot be known (user interface, editor).
 * Playwright matches `--grep` with the names of project, file and groups as well; here the title and tags are looked at, in `project` as well.
 */
export function wantedBy(args: readonly string[], rows: readonly Requirement[], project: string): readonly string[] | undefined {
  if (args.includes('--ui') || args.some((each) => each.startsWith('--ui-'))) return undefined;
  const [grep, invert] = [argumentOf(args, ['-g', '--grep']), argumentOf(args, ['-gv', '--grep-invert'])];
  const failed = args.includes('--last-failed') ? lastFailed(project) : undefined;
  if (grep === undefined && invert === undefined && failed === undefined) return undefined;
  const [fits, against] = [patternOf(grep), patternOf(invert)];
  return rows
    .filter((row) => {
      const whole = [project, titleOf(row), ...tagsOf(row)].join(' ');
      return (fits?.test(whole) ?? true) && !(against?.test(whole) ?? false) && (failed?.includes(row.id) ?? true);
    })
    .map(({ id }) => id);
}

/** The last one counts, as in Playwright. */
function argumentOf(args: readonly string[], names: readonly string[]): string | undefined {
  const found = args.flatMap((each, index) => {
    const [name = '', ...value] = each.split('=');
    if (!names.includes(name)) return [];
    return value.length > 0 ? [value.join('=')] : (args[index + 1] ?? []);
  });
  return found.at(-1);
}

/** Playwright's own reading: `/words/flags`, or words without regard to case. Words that are no pattern are left to Playwright to refuse. */
function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  const [, words = text, flags = 'i'] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? [];
  try {
    return new RegExp(words, flags.replace(/[gy]/g, ''));
  } catch {
    return undefined;
  }
}

function lastFailed(project: string): readonly string[] | undefined {
  if (!existsSync(lastFailedFile(project))) return undefined;
  try {
    return JSON.parse(readFileSync(lastFailedFile(project), 'utf8')) as readonly string[];
  } catch {
    return undefined;
  }
}
