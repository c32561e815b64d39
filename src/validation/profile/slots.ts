import type { TypeRef } from '../definitions/definitions.ts';
import type { Choices } from '../fhirpath/index.ts';
import type { Checker } from './context.ts';
import { discriminatorMatch, type Match, type Surroundings } from './discriminators.ts';
import type { Holder } from './extensions.ts';
import type { Compiler, ElementCompiler, Scope } from './model.ts';
import type { Slot, Variant } from './object.ts';
import { isPrimitive, typeName } from './primitives.ts';
import { type Slice, type Slicing, slicingOf } from './slicing.ts';
import type { Node } from './tree.ts';
import { treeOf } from './tree.ts';

/** The children of a node as JSON shows them. */
export function slotsOf(node: Node, scope: Scope, holder: Holder, compile: ElementCompiler): readonly Slot[] {
  return node.children.map((child) => slotOf(child, scope, holder, compile));
}

function slotOf(node: Node, scope: Scope, holder: Holder, compile: ElementCompiler): Slot {
  const { def } = node;
  const choice = node.name.endsWith('[x]');
  const name = node.name.replace('[x]', '');
  const target = def.contentReference === undefined ? undefined : compile;
  const types: readonly (TypeRef | undefined)[] = target ? [undefined] : grouped(def.type);
  const variants = (types.length === 0 ? [undefined] : types).map((type): Variant => {
    const code = typeName(type?.code ?? 'Element', def.base?.path);
    const slice = choice ? node.slices.find((each) => each.def.type.some((own) => own.code === type?.code)) : undefined;
    const key = choice ? `${name}${code.charAt(0).toUpperCase()}${code.slice(1)}` : name;
    // What is an attribute in XML, and the id of a resource, is of a type of FHIRPath and has no extensions beside it.
    const primitive = type !== undefined && isPrimitive(code) && !type.code.startsWith('http://hl7.org/fhirpath/');
    const variant: Variant = {
      key,
      segment: choice ? `${name}.ofType(${code})` : name,
      primitive,
      check: none,
      beside: none,
      ...(slice && (slice.def.min ?? 0) > 0 ? { required: true } : {}),
    };
    late(variant, 'check', () =>
      slice
        ? compile.value(slice, slice.def.type.find((own) => own.code === type?.code) ?? type, scope, holder)
        : compile.value(node, type, scope, holder),
    );
    late(variant, 'beside', () => compile.beside(slice ?? node, code, scope));
    return variant;
  });
  const slicing = choice || node.slices.length === 0 ? undefined : arraySlicing(node, scope, holder, compile);
  return {
    name,
    min: def.min ?? 0,
    max: def.max === '*' || def.max === undefined ? Number.POSITIVE_INFINITY : Number(def.max),
    array: (def.base?.max ?? def.max) !== '1' && (def.base?.max ?? def.max) !== '0',
    variants,
    choice,
    ...(slicing ? { slicing } : {}),
  };
}

/** Some snapshots repeat a type once per profile; JSON knows it once. */
function grouped(types: readonly TypeRef[]): readonly TypeRef[] {
  const out = new Map<string, TypeRef>();
  for (const type of types) {
    const before = out.get(type.code);
    out.set(
      type.code,
      before
        ? {
            code: type.code,
            profile: [...(before.profile ?? []), ...(type.profile ?? [])],
            targetProfile: [...(before.targetProfile ?? []), ...(type.targetProfile ?? [])],
          }
        : type,
    );
  }
  return [...out.values()];
}

function arraySlicing(node: Node, scope: Scope, holder: Holder, compile: ElementCompiler): Slicing {
  const discriminators = node.def.slicing?.discriminator ?? [];
  const around = surroundingsOf(scope, compile.compiler, compile.choices);
  const slices = node.slices.map((slice): Slice => {
    const { def } = slice;
    const name = def.sliceName ?? def.id;
    const matches: Match[] = [];
    for (const discriminator of discriminators) {
      const made = discriminatorMatch(slice, discriminator, around);
      if (typeof made === 'string') {
        scope.limits.add(`slice ${def.id}: ${made}`);
        matches.push(() => undefined);
      } else matches.push(made);
    }
    if (matches.length === 0) {
      scope.limits.add(`slice ${def.id}: its slicing has no discriminator`);
      matches.push(() => undefined);
    }
    const url = discriminators.length === 1 && discriminators[0]?.path === 'url' ? extensionUrl(slice, around) : undefined;
    const made: Slice = {
      name,
      min: def.min ?? 0,
      max: def.max === '*' || def.max === undefined ? Number.POSITIVE_INFINITY : Number(def.max),
      matches: (item, at) => {
        let answer: boolean | undefined = true;
        for (const match of matches) {
          const one = match(item, at);
          if (one === false) return false;
          if (one === undefined) answer = undefined;
        }
        return answer;
      },
      ...(url === undefined ? {} : { url }),
      check: none,
    };
    // A slice that lists no children has those of the element that is sliced.
    const whole = slice.children.length > 0 ? slice : { ...slice, children: node.children };
    late(made, 'check', () => compile.value(whole, def.type[0], scope, holder));
    return made;
  });
  return slicingOf(slices, { closed: node.def.slicing?.rules === 'closed', ordered: node.def.slicing?.ordered === true });
}

function extensionUrl(slice: Node, around: Surroundings): string | undefined {
  const own = slice.children.find((each) => each.name === 'url')?.def['fixedUri'];
  if (typeof own === 'string') return own;
  const profile = slice.def.type[0]?.profile?.[0];
  const fixed = profile === undefined ? undefined : around.tree(profile)?.root.children.find((each) => each.name === 'url')?.def['fixedUri'];
  return typeof fixed === 'string' ? fixed : profile?.split('|')[0];
}

/** What telling slices apart needs to know, within one package. */
export function surroundingsOf({ pack }: { readonly pack: string }, compiler: Compiler, choices: Choices): Surroundings {
  return {
    choices,
    terminology: compiler.terminology,
    pack,
    tree(name) {
      const found = name.includes(':') ? compiler.definitions.structure(name, pack) : compiler.definitions.type(name);
      const root = found && treeOf(found.value);
      return found && root ? { root, definition: found.value } : undefined;
    },
    profile(canonical) {
      const profile = compiler.profile(canonical, pack);
      return typeof profile === 'string' ? undefined : profile.check;
    },
  };
}

const none: Checker = () => undefined;

/** Puts compiling off until a payload needs it; what was compiled then takes its place. */
function late<K extends string>(holder: { [key in K]: Checker }, name: K, make: () => Checker): void {
  holder[name] = (value, at) => {
    const made = make();
    holder[name] = made;
    made(value, at);
  };
}
