import type { Definitions, StructureDefinition, TypeRef } from '../definitions/definitions.ts';
import type { Terminology } from '../definitions/terminology.ts';
import type { Choices } from '../fhirpath/index.ts';
import type { Checker } from './context.ts';
import type { Holder } from './extensions.ts';
import type { Node } from './tree.ts';

/** A compiled StructureDefinition. */
export interface Profile {
  /** `url|version`. */
  readonly canonical: string;
  readonly definition: StructureDefinition;
  readonly pack: string;
  readonly root: Node;
  /** Checks a value of the type; for resources it sets the surroundings itself. */
  readonly check: Checker;
  /** What of it cannot be run here, in words. */
  readonly limits: Set<string>;
}

/** Compiles on demand and keeps what it compiled. */
export interface Compiler {
  readonly definitions: Definitions;
  readonly terminology: Terminology;
  /** A profile or base type by canonical; a string says why it is refused. */
  profile(canonical: string, from?: string): Profile | string;
  type(name: string): Profile | undefined;
}

/** The definition being compiled. */
export interface Scope {
  readonly definition: StructureDefinition;
  readonly pack: string;
  readonly root: Node;
  readonly limits: Set<string>;
}

export interface ElementCompiler {
  root(root: Node, definition: StructureDefinition, pack: string, limits: Set<string>): Checker;
  /** Checker of one value of this element as this type. `holder` = the type whose element it is, for extension contexts. */
  value(node: Node, type: TypeRef | undefined, scope: Scope, holder: Holder): Checker;
  /** Checker of the `_name` object beside a primitive of this type. */
  beside(node: Node, type: string, scope: Scope): Checker;
  readonly compiler: Compiler;
  readonly choices: Choices;
}
