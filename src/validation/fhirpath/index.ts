/** FHIRPath over plain JSON, compiled to closures; see README.md. */
export { compile, type Env, type Evaluate } from './compile.ts';
export { type Ast, parse, Unsupported } from './parse.ts';
export {
  booleanOf,
  type Choices,
  type Collection,
  Failed,
  HandOver,
  identical,
  isElement,
  listOf,
  members,
  order,
  Unknown,
} from './values.ts';
