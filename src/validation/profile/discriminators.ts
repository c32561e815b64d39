import type { Json } from '../../core/model.ts';
import type { StructureDefinition } from '../definitions/definitions.ts';
import type { Member, Terminology } from '../definitions/terminology.ts';
import { type Choices, type Collection, isElement, members } from '../fhirpath/index.ts';
import { type Checker, type Context, quietly } from './context.ts';
import { valueTest } from './fixed.ts';
import { follow } from './references.ts';
import { fixedOf, type Node } from './tree.ts';

/** What telling slices apart needs to know of everything else. */
export interface Surroundings {
  readonly choices: Choices;
  readonly terminology: Terminology;
  readonly pack: string;
  /** Tree of a type or profile. */
  readonly tree: (canonicalOrType: string) => { readonly root: Node; readonly definition: StructureDefinition } | undefined;
  /** Check of a whole profile. */
  readonly profile: (canonical: string) => Checker | undefined;
}

export type Match = (item: Json, at: Context) => boolean | undefined;

type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'extension'; readonly url: string }
  | { readonly kind: 'resolve' }
  | { readonly kind: 'type'; readonly type: string };

/** Compiles one discriminator for one slice; a string says why it cannot be told. */
export function discriminatorMatch(
  slice: Node,
  discriminator: { readonly type: string; readonly path: string },
  around: Surroundings,
): Match | string {
  const steps = stepsOf(discriminator.path);
  if (typeof steps === 'string') return steps;
  const { type } = discriminator;
  const chain = walk(slice, steps, around);
  const target = chain.length === steps.length + 1 ? chain.at(-1) : undefined;
  const values = accessor(steps, around.choices);
  if (type === 'exists') {
    if (!target) return `its path ${discriminator.path} leads nowhere`;
    const wanted = target.def.max !== '0';
    return (item, at) => values(item, at).length > 0 === wanted;
  }
  if (type === 'type') {
    const types = new Set(target?.def.type.map((each) => each.code) ?? []);
    if (types.size === 0) return `its path ${discriminator.path} names no type`;
    return (item, at) =>
      values(item, at).some((each) => isElement(each) && typeof each['resourceType'] === 'string' && types.has(each['resourceType']));
  }
  if (type === 'profile') return profileMatch(target, steps, values, around);
  return valueMatch(slice, chain, steps, around);
}

function profileMatch(
  target: Node | undefined,
  steps: readonly Step[],
  values: (item: Json, at: Context) => Collection,
  around: Surroundings,
): Match | string {
  const resolves = steps.at(-1)?.kind === 'resolve';
  const profiles =
    target?.def.type.flatMap((each) =>
      resolves ? (each.targetProfile ?? []) : (each.profile ?? [`http://hl7.org/fhir/StructureDefinition/${each.code}`]),
    ) ?? [];
  const checks = profiles.map(around.profile);
  if (checks.length === 0 || checks.includes(undefined)) return `the profile ${profiles.join(', ') || 'of its discriminator'} is not loaded`;
  return (item, at) => {
    const found = values(item, at);
    if (resolves && found.length === 0) return undefined;
    return found.some((each) => checks.some((check) => check !== undefined && quietly(check, each, at)));
  };
}

/** Value and pattern discriminators: the deepest fixed value, pattern or required binding on the way decides. */
function valueMatch(slice: Node, chain: readonly Node[], steps: readonly Step[], around: Surroundings): Match | string {
  for (let depth = chain.length - 1; depth >= 0; depth--) {
    const node = chain[depth];
    if (!node) continue;
    const values = accessor(steps.slice(0, depth), around.choices);
    const fixed = fixedOf(node.def);
    if (fixed) {
      const test = valueTest(fixed.kind, fixed.value as Json);
      return (item, at) => values(item, at).some(test);
    }
    const { binding } = node.def;
    if (binding?.strength === 'required' && binding.valueSet !== undefined && depth === chain.length - 1) {
      const { valueSet } = binding;
      let loaded: { readonly member: Member | undefined } | undefined;
      return (item, at) => {
        loaded ??= { member: around.terminology.members(valueSet, around.pack) };
        const { member } = loaded;
        if (!member) return undefined;
        let answer: boolean | undefined = false;
        for (const each of values(item, at).flatMap(codings)) {
          const one = member(each.system, each.code);
          if (one === true) return true;
          if (one === undefined) answer = undefined;
        }
        return answer;
      };
    }
    // A complex element may spread its fixed values over its children.
    const parts = depth === chain.length - 1 ? partsOf(node) : [];
    if (parts.length > 0) {
      return (item, at) => values(item, at).some((each) => parts.every(({ names, test }) => accessor(names, around.choices)(each, at).some(test)));
    }
  }
  if (chain.length === steps.length + 1 && slice.def.max === '0') return () => false;
  return `no fixed value, pattern or required binding is found at ${steps.map((each) => (each.kind === 'name' ? each.name : each.kind)).join('.') || '$this'}`;
}

interface Part {
  readonly names: readonly Step[];
  readonly test: (value: Json) => boolean;
}

function partsOf(node: Node, before: readonly Step[] = []): readonly Part[] {
  return node.children.flatMap((child): readonly Part[] => {
    const names: readonly Step[] = [...before, { kind: 'name', name: child.name.replace('[x]', '') }];
    const fixed = fixedOf(child.def);
    return fixed ? [{ names, test: valueTest(fixed.kind, fixed.value as Json) }] : (child.def.min ?? 0) > 0 ? partsOf(child, names) : [];
  });
}

function codings(value: Json): readonly { readonly system: string | undefined; readonly code: string }[] {
  if (typeof value === 'string') return [{ system: undefined, code: value }];
  if (!isElement(value)) return [];
  if (Array.isArray(value['coding'])) return (value['coding'] as readonly Json[]).flatMap(codings);
  return typeof value['code'] === 'string' ? [{ system: String(value['system'] ?? ''), code: value['code'] }] : [];
}

/** The nodes along a path, from the slice on; into the definitions of types where the snapshot stops. Where an element on the way is sliced itself, its slices are other ways. */
function walk(slice: Node, steps: readonly Step[], around: Surroundings): readonly Node[] {
  const [first, ...rest] = ways(slice, steps, around);
  // The element as such says less than a slice of it that must be there.
  return rest.find((way) => way.length === steps.length + 1 && fixedOf(way.at(-1)?.def ?? slice.def) !== undefined) ?? first ?? [slice];
}

function ways(from: Node, steps: readonly Step[], around: Surroundings): readonly (readonly Node[])[] {
  const [step, ...more] = steps;
  if (!step) return [[from]];
  const next = childOf(from, step, around);
  if (!next) return [[from]];
  const required = next.slices.filter((each) => (each.def.min ?? 0) > 0);
  return [next, ...required].flatMap((each) => ways(each, more, around).map((way) => [from, ...way]));
}

function childOf(node: Node, step: Step, around: Surroundings): Node | undefined {
  // These two do not move within the definition.
  if (step.kind === 'resolve' || step.kind === 'type') return node;
  const name = step.kind === 'extension' ? 'extension' : step.name;
  const own = inside(node, name, step);
  if (own) return own;
  for (const type of node.def.type) {
    const tree = around.tree(type.profile?.[0] ?? type.code);
    const found = tree && inside(tree.root, name, step);
    if (found) return found;
  }
  return undefined;
}

function inside(node: Node, name: string, step: Step): Node | undefined {
  const child = node.children.find((each) => each.name === name || each.name === `${name}[x]`);
  if (step.kind !== 'extension' || !child) return child;
  return child.slices.find(
    (each) =>
      each.def.type.some((type) => type.profile?.[0] === step.url) ||
      each.children.some((own) => own.name === 'url' && own.def['fixedUri'] === step.url),
  );
}

function stepsOf(path: string): readonly Step[] | string {
  if (path === '$this' || path === '') return [];
  const out: Step[] = [];
  for (const part of path.match(/(?:[^.(]|\([^)]*\))+/g) ?? []) {
    const call = /^(\w+)\((?:'([^']*)'|([\w.]*))\)$/.exec(part);
    if (part === '$this') continue;
    if (!call) out.push({ kind: 'name', name: part });
    else if (call[1] === 'resolve') out.push({ kind: 'resolve' });
    else if (call[1] === 'extension') out.push({ kind: 'extension', url: call[2] ?? '' });
    else if (call[1] === 'ofType') out.push({ kind: 'type', type: call[3] ?? '' });
    else return `its path ${path} is not understood`;
  }
  return out;
}

function accessor(steps: readonly Step[], choices: Choices): (item: Json, at: Context) => Collection {
  if (steps.length === 0) return (item) => [item];
  return (item, at) => {
    let here: Collection = [item];
    for (const step of steps) {
      if (step.kind === 'name') here = members(here, step.name, choices);
      else if (step.kind === 'extension') here = members(here, 'extension', choices).filter((each) => isElement(each) && each['url'] === step.url);
      else if (step.kind === 'resolve')
        here = here.flatMap((each) => {
          const { resource, type } = follow(isElement(each) ? each['reference'] : undefined, at);
          return resource === undefined ? (type === undefined ? [] : [{ resourceType: type }]) : [resource];
        });
    }
    return here;
  };
}
