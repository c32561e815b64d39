import type { Json } from '../../core/model.ts';
import type { Constraint, ElementDefinition, StructureDefinition, TypeRef } from '../definitions/definitions.ts';
import { partErrata } from '../definitions/errata.ts';
import { type Choices, Failed, HandOver, isElement, order } from '../fhirpath/index.ts';
import { holderOf } from './ancestors.ts';
import { bindingChecker, codingChecker } from './bindings.ts';
import { type Checker, type Context, quietly, report } from './context.ts';
import { canonicalChecker, datatypeCheckers, elementIdChecker, integerChecker, uriChecker } from './datatypes.ts';
import { extensionChecker, type Holder } from './extensions.ts';
import { valueTest } from './fixed.ts';
import { invariantChecker } from './invariants.ts';
import type { Compiler, ElementCompiler, Profile, Scope } from './model.ts';
import { objectChecker } from './object.ts';
import { isPrimitive, primitives, proseWarning, quote, typeName } from './primitives.ts';
import { type ReferenceTarget, referenceChecker } from './references.ts';
import { slotsOf } from './slots.ts';
import { fixedOf, type Node, nodeById } from './tree.ts';
import { danglingAnchors, xhtmlProblem } from './xhtml.ts';

const none: ReadonlySet<string> = new Set();

export function elementCompiler(
  compiler: Compiler,
  choices: Choices,
  nested: (value: Json, at: Context, contained: boolean) => void,
): ElementCompiler {
  const { definitions, terminology } = compiler;
  const coding = codingChecker(terminology);
  const inline = new Map<Node, Checker>();
  const merged = new Map<Node, Map<Node, Node>>();

  function root(node: Node, definition: StructureDefinition, pack: string, limits: Set<string>): Checker {
    const scope = { definition, pack, root: node, limits };
    const parts: (Checker | undefined)[] = [
      structure(node, scope, holderOf(definitions.type(definition.type)?.value ?? definition, definitions), definition.type),
    ];
    if (definition.type === 'Coding') parts.push(coding);
    parts.push(datatypeCheckers[definition.type]);
    parts.push(invariantChecker(node.def.constraint ?? [], node.def.path, none, choices, limits));
    return inOrder(parts);
  }

  /** The object with the children that this node lists. */
  function structure(node: Node, scope: Scope, holder: Holder, type: string): Checker {
    const known = inline.get(node);
    if (known) return known;
    let body: Checker | undefined;
    const lazy: Checker = (value, at) => {
      body ??= objectChecker(slotsOf(node, scope, holder, self), type, definitions.type(type)?.value.kind === 'resource');
      body(value, at);
      if (type === 'Extension') extensionContent(value, at);
    };
    inline.set(node, lazy);
    return lazy;
  }

  function value(node: Node, type: TypeRef | undefined, scope: Scope, holder: Holder): Checker {
    const { def } = node;
    if (def.contentReference !== undefined) return byReference(def.contentReference, scope, holder);
    const name = typeName(type?.code ?? 'Element', def.base?.path);
    const parts: (Checker | undefined)[] = [];
    let skip = none;
    const primitive = isPrimitive(name) ? primitiveChecker(name, def) : undefined;
    if (primitive) {
      // Its rules come after it, and only for a value that is well formed.
    } else if (name === 'Resource' || name === 'DomainResource') parts.push(resourceHere(node, type, scope));
    else if (node.children.length > 0) {
      const base = compiler.type(name);
      parts.push(structure(withOwn(node, base?.root), scope, holderOf(base?.definition, definitions), name));
      if (name === 'Coding') parts.push(coding);
      parts.push(datatypeCheckers[name]);
      if (type?.profile?.length) parts.push(profiled(type, scope, holder));
      parts.push(typeInvariants(base, def));
    } else {
      parts.push(type?.profile?.length || name === 'Extension' ? profiled({ ...type, code: name }, scope, holder) : plain(name));
      skip = new Set(definitions.type(name)?.value.element?.[0]?.constraint?.map((each) => each.key) ?? []);
    }
    const fixed = fixedOf(def);
    if (fixed) parts.push(fixedChecker(fixed.kind, fixed.value as Json));
    if (type) parts.push(bindingChecker(def, name, terminology, scope.pack));
    if (name === 'Reference') parts.push(referenceChecker(targetsOf(type, scope), isResourceType));
    if (def.base?.path === 'Element.id') parts.push(elementIdChecker);
    parts.push(limitsChecker(def));
    parts.push(invariantChecker(def.constraint ?? [], def.path, skip, choices, scope.limits, name));
    return primitive ? guarded(primitive, inOrder(parts)) : inOrder(parts);
  }

  /** Some snapshots list only `id` and `extension` under a choice of several types: the rest is what the type has. */
  function withOwn(node: Node, type: Node | undefined): Node {
    if (!type || node.children.some(({ name }) => name !== 'id' && name !== 'extension')) return node;
    const known = merged.get(node)?.get(type);
    if (known) return known;
    const names = new Set(node.children.map(({ name }) => name));
    const whole = { ...node, children: [...node.children, ...type.children.filter(({ name }) => !names.has(name))] };
    merged.set(node, (merged.get(node) ?? new Map<Node, Node>()).set(type, whole));
    return whole;
  }

  /** Invariants of the type itself, which a snapshot does not repeat where it lists the children. */
  function typeInvariants(base: Profile | undefined, def: ElementDefinition): Checker | undefined {
    const own = new Set((def.constraint ?? []).map((each) => each.key));
    const more = (base?.root.def.constraint ?? []).filter((each: Constraint) => !own.has(each.key));
    return base && invariantChecker(more, base.definition.type, none, choices, base.limits);
  }

  function plain(name: string): Checker {
    let check: Checker | undefined;
    return (item, at) => {
      check ??= compiler.type(name)?.check ?? ((_value, here) => report(here, 'not-verifiable', 'type', `The type ${name} is not loaded.`));
      check(item, at);
    };
  }

  function profiled(type: TypeRef, scope: Scope, holder: Holder): Checker {
    const profiles = type.profile ?? [];
    if (type.code === 'Extension' && profiles.length === 0) {
      return extensionChecker(definitions, scope.pack, holder, plain('Extension'), partsOf(scope.root), (url, from) => {
        const found = compiler.profile(url, from);
        return typeof found === 'string' ? undefined : found;
      });
    }
    return anyOf(profiles, scope, plain(type.code));
  }

  /** One of these profiles must fit. Where some are not loaded, and none of the others fits, that cannot be told; `otherwise` says what is known all the same. */
  function anyOf(profiles: readonly string[], scope: Scope, otherwise: Checker): Checker {
    let checks: readonly (Profile | string)[] | undefined;
    return (item, at) => {
      checks ??= profiles.map((each) => compiler.profile(each, scope.pack));
      const usable = checks.filter((each) => typeof each !== 'string');
      const [first] = usable;
      if (!first || usable.length < checks.length) {
        if (usable.some((each) => quietly(each.check, item, at))) return;
        otherwise(item, at);
        report(at, 'not-verifiable', 'profile', `${checks.filter((each) => typeof each === 'string').join('; ')}.`);
        return;
      }
      if (usable.length === 1) first.check(item, at);
      else if (!usable.some((each) => quietly(each.check, item, at))) closest(usable, item).check(item, at);
    };
  }

  /** A resource here follows the rules of its own type, and one of the profiles that are named for this place. */
  function resourceHere(node: Node, type: TypeRef | undefined, scope: Scope): Checker {
    const contained = node.name === 'contained';
    const profiles = type?.profile ?? [];
    let one: Checker | undefined;
    return (item, at) => {
      nested(item, at, contained);
      if (profiles.length === 0) return;
      one ??= anyOf(profiles, scope, () => {});
      one(item, at);
    };
  }

  function byReference(reference: string, scope: Scope, holder: Holder): Checker {
    let check: Checker | undefined;
    return (item, at) => {
      if (!check) {
        const target = nodeById(scope.root, reference.slice(reference.indexOf('#') + 1));
        check = target
          ? value(target, target.def.type[0], scope, holder)
          : (_value, here) => report(here, 'not-verifiable', 'content', `${reference} is not in the snapshot.`);
      }
      check(item, at);
    };
  }

  function targetsOf(type: TypeRef | undefined, scope: Scope): readonly ReferenceTarget[] {
    return (type?.targetProfile ?? []).map((canonical) => {
      const found = definitions.structure(canonical, scope.pack)?.value;
      // A profile that is not loaded may stand for any type.
      if (!found) return { canonical, type: undefined, check: undefined };
      const isBase = found.derivation !== 'constraint';
      return {
        canonical,
        type: found.type,
        check: (item, at) => {
          if (isBase) return;
          const profile = compiler.profile(canonical, scope.pack);
          if (typeof profile !== 'string') profile.check(item, at);
        },
      };
    });
  }

  const isResourceType = (name: string): boolean => definitions.type(name)?.value.kind === 'resource';

  function beside(node: Node, type: string, scope: Scope): Checker {
    const check = besideAny(node, type, scope);
    if (fixedOf(node.def)?.kind !== 'fixed') return check;
    return (value, at) => {
      if (isElement(value) && value['extension'] !== undefined)
        report(at, 'error', 'fixed', 'The value is fixed here, so it has no extensions besides.');
      check(value, at);
    };
  }

  /** The element that a primitive is besides its value: for extensions it is one of its own type, so that one for `string` may stand here. */
  function besideAny(node: Node, type: string, scope: Scope): Checker {
    const own = node.children.filter(isBeside);
    const primitive = compiler.type(type);
    const children = own.length > 0 ? own : (primitive?.root.children.filter(isBeside) ?? []);
    if (children.length === 0) return plain('Element');
    return objectChecker(slotsOf({ ...node, children }, scope, holderOf(primitive?.definition, definitions), self), 'Element', false);
  }

  const self: ElementCompiler = { root, value, beside, compiler, choices };
  return self;
}

const isBeside = ({ name }: Node): boolean => name === 'id' || name === 'extension';

/** Relative urls of the parts that an extension's definition names; undefined where it names none, or is no extension. */
function partsOf(root: Node): readonly string[] | undefined {
  const parts = root.children.find(({ name }) => name === 'extension')?.slices ?? [];
  const urlOf = ({ children }: Node) => children.find(({ name }) => name === 'url')?.def['fixedUri'];
  const urls = parts.map(urlOf).filter((url) => typeof url === 'string');
  if (root.def.path !== 'Extension' || urls.length === 0 || urls.length !== parts.length) return undefined;
  return [...urls, ...(partErrata.find(({ extension }) => extension === urlOf(root))?.also ?? [])];
}

/** What to hold against a value that fits none of them: the first that is for its type. */
function closest(profiles: readonly Profile[], item: Json): Profile {
  const type = isElement(item) ? item['resourceType'] : undefined;
  return profiles.find((each) => each.definition.type === type) ?? (profiles[0] as Profile);
}

/** Answers whether the value is fit for further questions. */
function primitiveChecker(name: string, def: ElementDefinition): (value: Json, at: Context) => boolean {
  const test = primitives[name] ?? (() => undefined);
  const xhtml = name === 'xhtml';
  const integer = name === 'integer' || name === 'positiveInt' || name === 'unsignedInt';
  const address = name === 'canonical' ? canonicalChecker : name === 'uri' || name === 'url' ? uriChecker : undefined;
  const prose = name === 'string' || name === 'markdown';
  return (value, at) => {
    const problem = test(value);
    if (problem === undefined && address) address(value, at);
    else if (problem === undefined && integer) integerChecker(value, at);
    if (problem !== undefined) report(at, 'error', typeof value === 'object' ? 'json' : 'primitive', `${def.path}: ${problem}.`);
    else if (xhtml) checkNarrative(String(value), at);
    else if (prose) {
      const doubtful = proseWarning(String(value));
      if (doubtful !== undefined) report(at, 'warning', 'primitive', `${def.path}: ${doubtful}.`);
    }
    return problem === undefined;
  };
}

function checkNarrative(text: string, at: Context): void {
  if (at.narrative?.text !== text) at.narrative = { text, problem: xhtmlProblem(text) };
  const wrong = at.narrative.problem;
  if (wrong) report(at, 'error', wrong.rule === 'xhtml' ? 'xhtml' : `invariant.${wrong.rule}`, wrong.text);
  for (const name of danglingAnchors(text)) {
    if (!hasId(at.resource, name)) report(at, 'warning', 'xhtml.anchor', `The link #${name.slice(0, 64)} leads nowhere in this resource.`);
  }
}

const guarded =
  (primitive: (value: Json, at: Context) => boolean, rest: Checker): Checker =>
  (value, at) => {
    if (primitive(value, at)) rest(value, at);
  };

function fixedChecker(kind: 'fixed' | 'pattern', expected: Json): Checker {
  const test = valueTest(kind, expected);
  return (value, at) => {
    if (!test(value))
      report(at, 'error', kind, `${kind === 'fixed' ? 'The value is' : 'The value contains'} ${quote(expected)} here, but it is ${quote(value)}.`);
  };
}

function limitsChecker(def: ElementDefinition): Checker | undefined {
  const { maxLength } = def;
  const bounds = boundsOf(def);
  if (maxLength === undefined && bounds.length === 0) return undefined;
  return (value, at) => {
    if (maxLength !== undefined && typeof value === 'string' && value.length > maxLength)
      report(at, 'error', 'maxLength', `At most ${maxLength} characters are allowed, but there are ${value.length}.`);
    for (const { rule, bound } of bounds) {
      const difference = differenceOf(value, bound);
      if (difference === undefined) report(at, 'not-verifiable', rule, `${quote(value)} cannot be compared with ${quote(bound)} here.`);
      else if (rule === 'minValue' ? difference < 0 : difference > 0)
        report(at, 'error', rule, `The ${rule === 'minValue' ? 'least' : 'greatest'} value is ${quote(bound)}, but it is ${quote(value)}.`);
    }
  };
}

const boundsOf = (def: ElementDefinition): readonly { readonly rule: 'minValue' | 'maxValue'; readonly bound: Json }[] =>
  Object.keys(def).flatMap((key) =>
    key.startsWith('minValue') || key.startsWith('maxValue')
      ? [{ rule: key.startsWith('min') ? 'minValue' : 'maxValue', bound: def[key] as Json } as const]
      : [],
  );

/** undefined where the two have no order that can be told: other units, other precision, a duration from now. */
function differenceOf(value: Json, bound: Json): number | undefined {
  try {
    return order(value, bound);
  } catch (cause) {
    if (cause instanceof Failed || cause instanceof HandOver) return undefined;
    throw cause;
  }
}

/** ext-1: an extension has a value or extensions, never both. */
function extensionContent(value: Json, at: Context): void {
  if (!isElement(value)) return;
  let hasValue = false;
  for (const key in value) if (key.startsWith('value') || key.startsWith('_value')) hasValue = true;
  if (hasValue === (value['extension'] !== undefined))
    report(at, 'error', 'invariant.ext-1', 'An extension has either a value or extensions, not both and not neither.');
}

function inOrder(parts: readonly (Checker | undefined)[]): Checker {
  const checks = parts.filter((each) => each !== undefined);
  const [first, second] = checks;
  if (!first) return () => {};
  if (checks.length === 1) return first;
  if (checks.length === 2 && second)
    return (value, at) => {
      first(value, at);
      second(value, at);
    };
  return (value, at) => {
    for (const check of checks) check(value, at);
  };
}

/** Does any element of the resource, or a resource contained in it, bear this id? */
function hasId(value: Json, id: string): boolean {
  if (Array.isArray(value)) return value.some((each) => hasId(each as Json, id));
  if (!isElement(value)) return false;
  return value['id'] === id || Object.values(value).some((each) => hasId(each, id));
}
