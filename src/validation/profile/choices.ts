import { coreName, type Definitions } from '../definitions/definitions.ts';
import type { Choices } from '../fhirpath/index.ts';
import { primitives } from './primitives.ts';

/** Names of R4's elements, which of them are choices, and the types that those may take. */
export function choicesOf(definitions: Definitions): Choices {
  const core = definitions.packs.find((pack) => pack.name === coreName);
  const types = new Map<string, string>();
  for (const entry of core?.entries ?? []) {
    if (entry.kind === 'StructureDefinition' && entry.base === true && entry.type !== undefined && /^[A-Z]/.test(entry.type))
      types.set(entry.type, entry.type);
  }
  for (const name of Object.keys(primitives)) types.set(name.charAt(0).toUpperCase() + name.slice(1), name);
  const all = core?.elements ?? [];
  const bare = (name: string): string => name.replace('[x]', '');
  return {
    names: new Set(all.filter((name) => name.endsWith('[x]')).map(bare)),
    types,
    elements: new Set(all.map(bare)),
    has: (type, name) => definitions.type(type)?.value.element?.some(({ path }) => bare(path) === `${type}.${name}`) === true,
  };
}
