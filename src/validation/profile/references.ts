import type { Json } from '../../core/model.ts';
import { referenceProblem } from '../definitions/addresses.ts';
import { isElement, listOf } from '../fhirpath/index.ts';
import { type Checker, type Context, enter, quietly, report } from './context.ts';
import { quote } from './primitives.ts';

/** What a reference may point to: a resource type and, for profiles beyond the base type, how to check one. */
export interface ReferenceTarget {
  readonly canonical: string;
  /** undefined: the profile is not loaded, so its type is not known. */
  readonly type: string | undefined;
  readonly check: Checker | undefined;
}

const literal = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

/** Type and resource that a reference leads to, as far as this payload shows. */
export function follow(reference: Json | undefined, at: Context): { readonly type?: string; readonly resource?: Json; readonly dangling?: true } {
  if (typeof reference !== 'string') return {};
  if (reference.startsWith('#')) {
    if (reference === '#') return typed(at.root);
    const holder = isElement(at.root) ? at.root : {};
    const found = listOf(holder['contained']).find((each) => isElement(each) && each['id'] === reference.slice(1));
    return found === undefined ? { dangling: true } : typed(found);
  }
  const match = literal.exec(reference);
  const resource = at.bundle?.get(reference) ?? (match ? at.bundle?.get(`${match[1]}/${match[2]}`) : undefined);
  if (resource !== undefined) return typed(resource);
  return match?.[1] === undefined ? {} : { type: match[1] };
}

const typed = (resource: Json): { readonly type?: string; readonly resource: Json } => {
  const type = isElement(resource) ? resource['resourceType'] : undefined;
  return typeof type === 'string' ? { type, resource } : { resource };
};

const isSearch = (reference: string): boolean => /^[A-Z][A-Za-z]+\?/.test(reference);

/** Is the resource at the other end right by itself? What it contains, and where its extensions stand, counts from there, not from what refers to it. */
function fitsAs(check: Checker, resource: Json, at: Context, contained: boolean): boolean {
  const kept = { resource: at.resource, root: at.root };
  at.resource = resource;
  if (!contained) at.root = resource;
  enter(at, contained ? 'contained' : 'resource', -1);
  try {
    return quietly(check, resource, at);
  } finally {
    at.depth--;
    Object.assign(at, kept);
  }
}

/** Checks where a Reference leads: contained resources exist, and the type (of literal references too) is among the targets. */
export function referenceChecker(targets: readonly ReferenceTarget[], isType: (name: string) => boolean): Checker {
  const open = targets.length === 0 || targets.some((target) => target.type === 'Resource' || target.type === undefined);
  const types = new Set(targets.map((target) => target.type));
  const names = [...types].join(', ');
  return (value, at) => {
    if (!isElement(value)) return;
    const { reference, type: stated } = value;
    if (typeof reference === 'string' && isSearch(reference) && !at.transaction) {
      report(at, 'error', 'reference.conditional', `${quote(reference)} is a search, which only a transaction may refer to.`);
      return;
    }
    const problem = typeof reference === 'string' && !isSearch(reference) ? referenceProblem(reference) : undefined;
    if (problem) {
      report(at, 'error', problem.rule, `${problem.text}.`);
      return;
    }
    const found = follow(reference, at);
    if (found.dangling) {
      report(at, 'error', 'reference.contained', `${quote(reference ?? null)} names no contained resource.`);
      return;
    }
    const { type = typeof stated === 'string' && isType(stated) ? stated : undefined } = found;
    if (type === undefined) return;
    if (typeof stated === 'string' && found.type !== undefined && isType(stated) && stated !== found.type)
      report(at, 'error', 'reference.type', `Reference.type says ${stated}, but ${quote(reference ?? null)} is a ${found.type}.`);
    if (!isType(type)) {
      // A path that merely looks like Type/id is no error of the resource.
      return;
    }
    if (!open && !types.has(type)) {
      report(at, 'error', 'reference.target', `${quote(reference ?? stated ?? null)} is a ${type}, but only ${names} is allowed here.`);
      return;
    }
    const { resource } = found;
    if (resource === undefined || targets.length === 0) return;
    const fitting = targets.filter((target) => target.type === type || target.type === 'Resource');
    const contained = typeof reference === 'string' && reference.startsWith('#');
    if (fitting.length === 0 || fitting.some(({ check }) => check === undefined || fitsAs(check, resource, at, contained))) return;
    report(at, 'error', 'reference.profile', `${quote(reference ?? null)} fits none of ${fitting.map((target) => target.canonical).join(', ')}.`);
  };
}
