import type { Json } from './json.ts';
import type { Ast } from './parse.ts';
import { type Collection, isElement, listOf, same } from './values.ts';

/** What an expression may look at besides its focus. */
export interface Env {
  /** The resource that holds the focus (contained resources count as their own), and the outermost one. */
  readonly resource: Json;
  readonly root: Json;
  /** What the whole expression was asked about. */
  readonly context: Json;
  readonly index?: number;
}

export type Evaluate = (focus: Collection, env: Env) => Collection;
/** Compiles an argument of a method. */
export type Compile = (ast: Ast) => Evaluate;

/** Resource type that a Reference or its literal names; undefined where the payload does not show it. */
export function referenceType(reference: Json, env: Env): string | undefined {
  const literal = isElement(reference) ? reference['reference'] : reference;
  if (typeof literal !== 'string') return isElement(reference) && typeof reference['type'] === 'string' ? reference['type'] : undefined;
  if (literal.startsWith('#')) {
    const holder = isElement(env.root) ? env.root : {};
    const target = literal === '#' ? holder : listOf(holder['contained']).find((each) => isElement(each) && each['id'] === literal.slice(1));
    return isElement(target) && typeof target['resourceType'] === 'string' ? target['resourceType'] : undefined;
  }
  return /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]+(?:\/_history\/[^/]+)?$/.exec(literal)?.[1];
}

export const distinct = (items: Collection): Collection =>
  items.length < 2 ? items : items.filter((each, i) => items.findIndex((other) => same(each, other)) === i);
