import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { root } from '../package/tool.ts';
import { fit } from '../target/fit.ts';
import { choicesOf, frozen, hashOf, nameOf, whole } from './resolve.ts';
import type { Lock, Plan, Resolved, Retraction } from './types.ts';

/** Reads plans from their folder: ours, or another one that the caller names. */

export const planFolder = join(root, 'plans');

export interface Shelf {
  readonly folder: string;
  readonly plans: readonly Plan[];
  readonly hashes: ReadonlyMap<Plan, string>;
}

/** All plans of a folder. Throws with file, place and the nearest name when one does not fit the schema. */
export function shelf(folder: string = planFolder): Shelf {
  if (!existsSync(folder)) throw new Error(`There is no folder of plans at ${folder}. Check the path.`);
  const hashes = new Map<Plan, string>();
  const names = readdirSync(folder).filter((each) => each.includes('@') && each.endsWith('.json') && !each.endsWith('.lock.json'));
  const plans = names.sort().map((name) => {
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    const plan = fit<Plan>(json(text, file), 'plan.schema.json', `The plan ${file}`);
    if (`${nameOf(plan)}.json` !== name) throw new Error(`${file} holds the plan ${nameOf(plan)}: name the file ${nameOf(plan)}.json.`);
    hashes.set(plan, hashOf(text));
    return plan;
  });
  return { folder, plans, hashes };
}

function json(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`The plan ${file} is not JSON: ${(cause as Error).message}. Correct it there.`, { cause });
  }
}

/** A plan by its name: `cms-provider-access@2026.11`, with variants `+trust=udap`; without an edition: the newest. Throws with the nearest name. */
export function planNamed(text: string, { folder, plans, hashes }: Shelf): Resolved {
  const [said = '', ...values] = text.split('+');
  const [name = '', edition] = said.split('@');
  const own = plans.filter((each) => each.plan === name).sort((a, b) => a.edition.localeCompare(b.edition));
  const names = plans.map(nameOf);
  if (own.length === 0) throw new Error(`No plan is called "${said}". Did you mean ${closest(said, names)}? \`payer-assay plan list\` shows all.`);
  const plan = edition === undefined ? own.at(-1) : own.find((each) => each.edition === edition);
  if (!plan) throw new Error(`The plan ${name} has no edition ${edition}. Editions: ${own.map((each) => each.edition).join(', ')}.`);
  const file = join(folder, `${nameOf(plan)}.lock.json`);
  if (!existsSync(file)) throw new Error(`${nameOf(plan)} has no frozen rows (${file}). Freeze them with: node scripts/plans.ts`);
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const under = (chosen: Readonly<Record<string, string>>): Resolved => frozen(whole(plan, plans), hashes.get(plan) ?? '', lock, chosen);
  const first = under(choice(plan, values));
  return values.length > 0 || plan.variants === undefined ? first : { ...first, open: choicesOf(plan).slice(1).map(under) };
}

function choice(plan: Plan, values: readonly string[]): Readonly<Record<string, string>> {
  const chosen = { ...(choicesOf(plan)[0] ?? {}) };
  for (const each of values) {
    const [name = '', value = ''] = each.split('=');
    const known = Object.keys(plan.variants?.[name] ?? {});
    if (known.length === 0)
      throw new Error(`${nameOf(plan)} has no variant "${name}". Known: ${Object.keys(plan.variants ?? {}).join(', ') || 'none'}.`);
    if (!known.includes(value)) throw new Error(`${nameOf(plan)}: the variant ${name} has no value "${value}". Known: ${known.join(', ')}.`);
    chosen[name] = value;
  }
  return chosen;
}

/** Rows whose checks were found to be wrong. */
export function retractions(folder: string = planFolder): readonly Retraction[] {
  const file = join(folder, 'retracted.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Retraction[]) : [];
}
