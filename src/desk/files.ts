import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { type Format, formats } from '../../reports/formats.ts';
import { runFile } from '../run/stored.ts';

/** A file of a run that the page offers. */
export interface Offered {
  /** Name below the folder of the run, e.g. `conformance.html` or `grade/grade.html`. */
  readonly name: string;
  readonly use: string;
  readonly size: number;
}

const ofGrades: Readonly<Record<string, string>> = {
  'grade.html': 'the grade under a plan',
  'conformance.html': 'the run as the plan sees it',
  'badge.svg': 'the grade as a badge',
  'grade.json': 'the grade, for machines',
};
const uses: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.values<Format>(formats).map(({ file, use }) => [file, use])),
  [runFile]: 'the whole run: every report is made of it',
};

/** What a run keeps of launched apps, in its folder `apps`. */
export const appFile = /^app-\d+-[a-z-]+\.(png|trace\.zip)$/;

/** The files that a run wrote, known by their names; anything else in the folder is nobody's business. */
export function filesOf(folder: string): readonly Offered[] {
  const here = Object.entries(uses).flatMap(([name, use]) => offered(folder, name, use));
  const grades = readdirSync(folder)
    .filter((name) => /^grade(-\d+)?$/.test(name))
    .sort()
    .flatMap((grade) => Object.entries(ofGrades).flatMap(([name, use]) => offered(folder, `${grade}/${name}`, use)));
  const apps = lstatSync(join(folder, 'apps'), { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(join(folder, 'apps'))
        .filter((name) => appFile.test(name))
        .sort()
        .flatMap((name) =>
          offered(folder, `apps/${name}`, name.endsWith('.png') ? 'the last page of a launched app' : 'a trace, for npx playwright show-trace'),
        )
    : [];
  return [...here, ...grades, ...apps];
}

function offered(folder: string, name: string, use: string): readonly Offered[] {
  try {
    const stats = lstatSync(join(folder, name));
    return stats.isFile() ? [{ name, use, size: stats.size }] : [];
  } catch {
    return [];
  }
}

/** The path of an offered file; undefined for any other name, and for one that a link leads out of the folder. */
export function pathOf(folder: string, name: string): string | undefined {
  if (!filesOf(folder).some((each) => each.name === name)) return undefined;
  const [real, within] = [realpathSync(join(folder, name)), realpathSync(folder)];
  return real.startsWith(within + sep) ? real : undefined;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.sarif': 'application/json; charset=utf-8',
  '.har': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.zip': 'application/zip',
  '.xml': 'application/xml',
};
export const typeOf = (name: string): string => types[extname(name)] ?? 'text/plain; charset=utf-8';
