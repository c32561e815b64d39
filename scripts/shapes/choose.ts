import { createHash } from 'node:crypto';
import type { Injection } from '../../checks/injections.ts';
import { routes } from '../../mocks/areas.ts';
import type { Shape } from '../../mocks/shapes/index.ts';

/** Can the fault's steps be asked of this shape at all? */
export function fits({ fault }: Injection, { lacks = {}, https }: Shape): boolean {
  const steps = [fault.at].flat();
  const lost = new Set(lacks.steps);
  // Apps are launched at the full payer only: each takes a browser.
  if (steps.some((step) => step.startsWith('app.'))) return false;
  if (steps.some((step) => step === 'tls' || step === 'plain-http')) return https === 'redirect';
  return steps.some((step) => !lost.has(step) && routes.some((route) => route.step === step));
}

const draw = (...words: readonly string[]): string => createHash('sha256').update(words.join('\n')).digest('hex');
const areaOf = ({ id }: Injection): string => id.split('.')[0] ?? '';

/**
 * Shapes for every fault, `each` of them: those that the fault's area has met least so far, so that before long every area has met every shape
 * (pairwise); ties are drawn from the seed. The first `n` of each list are the same whatever `each` is.
 */
export function choose(
  faults: readonly Injection[],
  shapes: readonly Shape[],
  each: number,
  seed: string,
): ReadonlyMap<string, readonly Injection[]> {
  const met = new Map<string, number>();
  const chosen = new Map<string, Injection[]>(shapes.map(({ id }) => [id, []]));
  const had = new Map<string, Set<string>>();
  for (let round = 0; round < each; round++)
    for (const fault of faults) {
      const before = had.get(fault.id) ?? new Set<string>();
      had.set(fault.id, before);
      const count = (shape: Shape): number => met.get(`${areaOf(fault)} ${shape.id}`) ?? 0;
      const [next] = shapes
        .filter((shape) => !before.has(shape.id) && fits(fault, shape))
        .map((shape) => ({ shape, count: count(shape), drawn: draw(seed, fault.id, shape.id) }))
        .sort((a, b) => a.count - b.count || a.drawn.localeCompare(b.drawn));
      if (next === undefined) continue;
      before.add(next.shape.id);
      met.set(`${areaOf(fault)} ${next.shape.id}`, next.count + 1);
      chosen.get(next.shape.id)?.push(fault);
    }
  return chosen;
}
