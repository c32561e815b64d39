import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Check } from '../core/model.ts';
import type { Suite } from '../run/suite.ts';

/** What a private module adds to the catalogue: `export const checks`, `export const suites`, or both. */
export interface Extension {
  readonly checks: readonly Check[];
  readonly suites: readonly Suite[];
}

/**
 * Loads the modules of `--with`. Throws, naming the file and what to change, when one cannot be loaded, adds nothing, uses an id that is taken, or
 * hands over something that is no check or suite.
 */
export async function loadExtensions(files: readonly string[], taken: Extension): Promise<Extension> {
  const ids = new Set([...taken.checks, ...taken.suites].map(({ id }) => id));
  const found: { checks: Check[]; suites: Suite[] } = { checks: [], suites: [] };
  for (const file of files) {
    const loaded = await load(file);
    const checks = listIn(loaded, 'checks', file) as readonly Check[];
    const suites = listIn(loaded, 'suites', file) as readonly Suite[];
    if (checks.length + suites.length === 0)
      throw new Error(`--with ${file} adds nothing: export a list named "checks", one named "suites", or both.`);
    for (const check of checks) {
      if (!isCheck(check))
        throw new Error(`--with ${file}: ${nameOf(check)} is not a check: it needs id, level, text, source, lines, scenarios, judge and faults.`);
      claim(check.id, file, ids);
    }
    for (const suite of suites) {
      if (!isSuite(suite))
        throw new Error(`--with ${file}: ${nameOf(suite)} is not a suite: it needs id, title, scenarios, asks, requests and drive.`);
      claim(suite.id, file, ids);
    }
    found.checks.push(...checks);
    found.suites.push(...suites);
  }
  return found;
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new Error(`--with ${file} cannot be loaded: ${(cause as Error).message}. It is a JavaScript or TypeScript module, named by its path.`, {
      cause,
    });
  }
}

function listIn(loaded: Readonly<Record<string, unknown>>, name: string, file: string): readonly unknown[] {
  const value = loaded[name] ?? [];
  if (!Array.isArray(value)) throw new Error(`--with ${file}: "${name}" is not a list.`);
  return value as readonly unknown[];
}

function claim(id: string, file: string, ids: Set<string>): void {
  if (ids.has(id)) throw new Error(`--with ${file}: the id ${id} is taken. Begin your ids with a name of your own, e.g. acme.${id}.`);
  ids.add(id);
}

const hasAll = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => name in value);
const isCheck = (value: unknown): boolean => hasAll(value, ['id', 'level', 'text', 'source', 'lines', 'scenarios', 'judge', 'faults']);
const isSuite = (value: unknown): boolean => hasAll(value, ['id', 'title', 'scenarios', 'asks', 'requests', 'drive']);
const nameOf = (value: unknown): string => (typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : JSON.stringify(value));
