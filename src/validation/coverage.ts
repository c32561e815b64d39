import type { Json } from '../core/model.ts';
import { type Choices, type Collection, isElement, members } from './fhirpath/index.ts';
import type { Compiler, Node } from './profile/index.ts';
import { choicesOf, createContext, discriminatorMatch, type Match, surroundingsOf } from './profile/index.ts';

/** One must-support element of a profile, and in how many resources of a data set it was populated. */
export interface MustSupport {
  /** Element id: `Patient.extension:race`. */
  readonly element: string;
  readonly populated: number;
}

export interface Coverage {
  readonly profile: string;
  readonly resources: number;
  readonly elements: readonly MustSupport[];
}

/** Counts must-support elements over resources of the profile's type. A string says why the profile cannot be read. */
export function coverageOf(canonical: string, resources: Iterable<Json>, compiler: Compiler): Coverage | string {
  const profile = compiler.profile(canonical);
  if (typeof profile === 'string') return profile;
  const choices = choicesOf(compiler.definitions);
  const around = surroundingsOf(profile, compiler, choices);
  const finders: { readonly element: string; readonly find: (item: Json, root: Json) => Collection }[] = [];
  const walk = (node: Node, path: (item: Json, root: Json) => Collection): void => {
    if (node.def.mustSupport === true) finders.push({ element: node.def.id, find: path });
    for (const child of node.children) {
      const here = childPath(child, path, choices);
      walk(child, here);
      for (const slice of child.slices) walk(slice, slicePath(child, slice, here, around));
    }
  };
  walk(profile.root, (item) => [item]);
  const counts = finders.map(() => 0);
  let total = 0;
  for (const resource of resources) {
    if (!isElement(resource) || resource['resourceType'] !== profile.definition.type) continue;
    total++;
    finders.forEach(({ find }, i) => {
      if (find(resource, resource).length > 0) counts[i] = (counts[i] ?? 0) + 1;
    });
  }
  return { profile: profile.canonical, resources: total, elements: finders.map(({ element }, i) => ({ element, populated: counts[i] ?? 0 })) };
}

type Path = (item: Json, root: Json) => Collection;

const childPath = (child: Node, parent: Path, choices: Choices): Path => {
  const name = child.name.replace('[x]', '');
  return (item, root) => members(parent(item, root), name, choices);
};

function slicePath(sliced: Node, slice: Node, items: Path, around: ReturnType<typeof surroundingsOf>): Path {
  const matches: Match[] = (sliced.def.slicing?.discriminator ?? []).flatMap((each) => {
    const made = discriminatorMatch(slice, each, around);
    return typeof made === 'string' ? [] : [made];
  });
  // A choice narrowed to a type is recognised by its items' shape alone.
  if (matches.length === 0) return items;
  return (item, root) => {
    const at = createContext(root, '');
    return items(item, root).filter((each) => matches.every((match) => match(each, at) === true));
  };
}
