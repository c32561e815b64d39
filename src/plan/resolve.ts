import { createHash } from 'node:crypto';
import { closest } from 'fastest-levenshtein';
import { sideOf } from '../core/binding.ts';
import { editionOf, type Guide, idsOf, guides as known } from '../core/guides.ts';
import type { Level } from '../core/model.ts';
import { select } from './select.ts';
import type { GuideBinding, Lock, Plan, Resolved, Row } from './types.ts';

/** From a plan to its rows. Resolution is done once, when an edition is made (`node scripts/plans.ts`), and stored beside the plan. */

export const nameOf = ({ plan, edition }: Pick<Plan, 'plan' | 'edition'>): string => `${plan}@${edition}`;

/** The plan with the parts of those that it extends. Throws when one of them is not there. */
export function whole(plan: Plan, all: readonly Plan[]): Plan {
  let found = plan;
  for (const name of (plan.extends ?? []).toReversed()) {
    const other = all.find((each) => each.plan === name && each.edition === plan.edition);
    if (!other) throw new Error(`${nameOf(plan)} extends ${name}, and there is no such plan of edition ${plan.edition}.`);
    found = joined(whole(other, all), found);
  }
  return found;
}

/** What the second says wins over the first. */
function joined(first: Plan, second: Plan): Plan {
  const own = new Set(second.mustShow.map(({ id }) => id));
  return {
    ...second,
    law: [...first.law, ...second.law],
    guides: { ...first.guides, ...second.guides },
    select: [...first.select, ...second.select],
    raise: { ...first.raise, ...second.raise },
    mustShow: [...first.mustShow.filter(({ id }) => !own.has(id)), ...second.mustShow],
    forbid: [...new Set([...first.forbid, ...second.forbid])],
    notCovered: [...first.notCovered, ...second.notCovered],
  };
}

const guideOf = (id: string): Guide | undefined => Object.values<Guide>(known).find((each) => idsOf(each).includes(id));

/** Ways in which the plan's guides cannot be bound, in words. */
export function guideProblems(of: string, guides: Readonly<Record<string, GuideBinding>>): readonly string[] {
  return Object.entries(guides).flatMap(([id, { bind, accept = [], expired = [] }]) => {
    const guide = guideOf(id);
    const ids = Object.values<Guide>(known).flatMap(idsOf);
    if (!guide) return [`${of}: no guide is called ${id}. Did you mean ${closest(id, ids)}? Known: ${ids.join(', ')}.`];
    const published = [...guide.versions, ...(guide.moved?.versions ?? [])];
    return [bind, ...accept, ...expired].flatMap((version) =>
      published.includes(version) ? [] : [`${of}: ${guide.name} has no version ${version}. Published: ${published.join(', ')}.`],
    );
  });
}

/** Every choice of values: `{}` where the plan has no variants. The default comes first. */
export function choicesOf({ variants = {} }: Pick<Plan, 'variants'>): readonly Readonly<Record<string, string>>[] {
  return Object.entries(variants).reduce<readonly Readonly<Record<string, string>>[]>(
    (before, [name, values]) => before.flatMap((each) => Object.keys(values).map((value) => ({ ...each, [name]: value }))),
    [{}],
  );
}

export const keyOf = (variants: Readonly<Record<string, string>>): string =>
  Object.entries(variants)
    .map(([name, value]) => `${name}=${value}`)
    .join('+');

/** The plan under one choice of its variants. */
export function under(plan: Plan, choice: Readonly<Record<string, string>>): Plan {
  const overlays = Object.entries(choice).map(([name, value]) => plan.variants?.[name]?.[value] ?? {});
  return {
    ...plan,
    guides: Object.assign({}, plan.guides, ...overlays.map((each) => each.guides ?? {})) as Plan['guides'],
    select: [...plan.select, ...overlays.flatMap((each) => each.select ?? [])],
  };
}

const order: readonly Level[] = ['MAY', 'FAST', 'SHOULD', 'SHALL'];

/** The rows of a whole plan with their levels. Throws for a selector that hits nothing, a raise that raises nothing, a guide that nobody knows. */
export function resolve(plan: Plan, rows: readonly Row[]): Readonly<Record<string, Level>> {
  const of = nameOf(plan);
  const [problem] = guideProblems(of, plan.guides);
  if (problem !== undefined) throw new Error(problem);
  const found: Record<string, Level> = {};
  for (const id of select(plan.select, rows, of)) {
    const row = rows.find((each) => each.id === id);
    const level = row && levelUnder(row, plan.guides);
    if (level !== undefined) found[id] = level;
  }
  for (const [id, { to }] of Object.entries(plan.raise ?? {})) {
    const now = found[id];
    if (now === undefined) throw new Error(`${of} raises ${id}, which is not among its rows. Did you mean ${closest(id, Object.keys(found))}?`);
    if (order.indexOf(to) <= order.indexOf(now))
      throw new Error(`${of} raises ${id} to ${to}, and it is ${now} already: a plan may raise a level, never lower one.`);
    found[id] = to;
  }
  return found;
}

/** At the editions that the plan binds; undefined where the row holds at none of them. A guide that the plan does not bind stays open. */
function levelUnder({ holds = [], level }: Row, guides: Plan['guides']): Level | undefined {
  if (holds.length === 0) return level;
  const sides = holds.map((hold) => {
    const id = idsOf(hold.ig).find((each) => guides[each] !== undefined);
    const bind = id === undefined ? undefined : guides[id]?.bind;
    return { hold, side: id === undefined || bind === undefined ? ('open' as const) : sideOf(hold, editionOf(hold.ig, bind, id)) };
  });
  const best = sides.find(({ side }) => side === 'within') ?? sides.find(({ side }) => side === 'open');
  return best && (best.hold.level ?? level);
}

/** SHA-256 of a plan as it is written without line ends that an editor may change. */
export const hashOf = (text: string): string => createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');

/** The plan under one choice, with the rows of its lock. Throws when the lock is of another text of the plan, or does not know the choice. */
export function frozen(plan: Plan, sha256: string, lock: Lock, choice: Readonly<Record<string, string>>): Resolved {
  const of = nameOf(plan);
  if (lock.sha256 !== sha256)
    throw new Error(`${of} has been changed since its rows were frozen. Make a new edition; a draft is frozen again with: node scripts/plans.ts`);
  const rows = lock.resolved[keyOf(choice)];
  if (rows === undefined) throw new Error(`${of}: its frozen rows do not know ${keyOf(choice)}. Known: ${Object.keys(lock.resolved).join(', ')}.`);
  const key = keyOf(choice);
  return { plan, name: key === '' ? of : `${of}+${key}`, variants: choice, guides: under(plan, choice).guides, rows, sha256 };
}
