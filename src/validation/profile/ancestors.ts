import { coreName, type Definitions, type StructureDefinition } from '../definitions/definitions.ts';
import type { Holder } from './extensions.ts';

/** Names of the types that a type specialises, itself first. */
export function ancestors(definition: StructureDefinition, definitions: Definitions): readonly string[] {
  const out: string[] = [definition.type];
  for (let here = definition; here.baseDefinition !== undefined && out.length < 20; ) {
    const next = definitions.structure(here.baseDefinition, coreName)?.value;
    if (!next) break;
    if (!out.includes(next.type)) out.push(next.type);
    here = next;
  }
  return out;
}

export const holderOf = (definition: StructureDefinition | undefined, definitions: Definitions): Holder => ({
  types: definition ? ancestors(definition, definitions) : [],
});
