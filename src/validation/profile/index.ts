/** StructureDefinitions compiled to closures; see README.md. */
export { choicesOf } from './choices.ts';
export { checkResource, claimsOf, createCompiler } from './compile.ts';
export { createContext, Halt } from './context.ts';
export { discriminatorMatch, type Match } from './discriminators.ts';
export type { Compiler } from './model.ts';
export { surroundingsOf } from './slots.ts';
export { isSubset } from './subset.ts';
export type { Node } from './tree.ts';
