import type { Json } from '../../core/model.ts';
import { type Compile, distinct, type Env, type Evaluate, referenceType } from './compile.ts';
import { type Ast, Unsupported } from './parse.ts';
import { booleanOf, type Collection, empty, isElement, listOf, same, truth } from './values.ts';

/** Runs on the value before the dot; `outer` is the focus of the whole expression, in which plain arguments are evaluated. */
type Run = (on: Collection, env: Env, outer: Collection) => Collection;
type Method = (args: readonly Ast[], build: Compile) => Run;

const need = (args: readonly Ast[], build: Compile): Evaluate => {
  const [first] = args;
  if (!first) throw new Unsupported('a missing argument');
  return build(first);
};

const holds = (test: Evaluate, item: Json, index: number, env: Env): boolean => booleanOf(test([item], { ...env, index })) === true;

/** A method on one string; empty on anything else. */
const onText =
  (apply: (text: string, args: readonly Json[]) => Json | undefined): Method =>
  (args, build) => {
    const values = args.map(build);
    return (on, env, outer) => {
      const [text] = on;
      if (typeof text !== 'string') return empty;
      const given: Json[] = [];
      for (const each of values) {
        const [value] = each(outer, env);
        if (value === undefined) return empty;
        given.push(value);
      }
      const answer = apply(text, given);
      return answer === undefined ? empty : [answer];
    };
  };

/** Nothing starts with anything: the HL7 engine answers false where the specification says empty, and ref-1 of R4 relies on it. */
const onTextOrFalse =
  (apply: (text: string, args: readonly Json[]) => boolean): Method =>
  (args, build) => {
    const run = onText(apply)(args, build);
    return (on, env, outer) => (on.length === 0 ? truth(false) : run(on, env, outer));
  };

const patterns = new Map<string, RegExp>();
function pattern(source: string): RegExp {
  let made = patterns.get(source);
  if (!made) {
    made = new RegExp(source, 's');
    patterns.set(source, made);
  }
  return made;
}

/** The FHIRPath functions that invariants use. */
export const methods: Readonly<Record<string, Method>> = {
  exists: (args, build) => {
    if (!args[0]) return (on) => truth(on.length > 0);
    const test = build(args[0]);
    return (on, env) => truth(on.some((each, i) => holds(test, each, i, env)));
  },
  empty: () => (on) => truth(on.length === 0),
  not: () => (on) => {
    const value = booleanOf(on);
    return truth(value === undefined ? undefined : !value);
  },
  all: (args, build) => {
    const test = need(args, build);
    return (on, env) => truth(on.every((each, i) => holds(test, each, i, env)));
  },
  allTrue: () => (on) => truth(on.every((each) => each === true)),
  where: (args, build) => {
    const test = need(args, build);
    return (on, env) => on.filter((each, i) => holds(test, each, i, env));
  },
  select: (args, build) => {
    const pick = need(args, build);
    return (on, env) => on.flatMap((each, index) => pick([each], { ...env, index }));
  },
  repeat: (args, build) => {
    const pick = need(args, build);
    return (on, env) => {
      const out: Json[] = [];
      for (let next = pick(on, env); next.length > 0 && out.length < 100_000; next = pick(next, env)) out.push(...next);
      return out;
    };
  },
  count: () => (on) => [on.length],
  first: () => (on) => on.slice(0, 1),
  last: () => (on) => on.slice(-1),
  tail: () => (on) => on.slice(1),
  single: () => (on) => (on.length > 1 ? empty : on),
  distinct: () => (on) => distinct(on),
  isDistinct: () => (on) => truth(distinct(on).length === on.length),
  union: (args, build) => {
    const other = need(args, build);
    return (on, env, outer) => distinct([...on, ...other(outer, env)]);
  },
  combine: (args, build) => {
    const other = need(args, build);
    return (on, env, outer) => [...on, ...other(outer, env)];
  },
  intersect: (args, build) => {
    const other = need(args, build);
    return (on, env, outer) => {
      const others = other(outer, env);
      return distinct(on.filter((each) => others.some((one) => same(one, each))));
    };
  },
  subsetOf: (args, build) => {
    const other = need(args, build);
    return (on, env, outer) => {
      const others = other(outer, env);
      return truth(on.every((each) => others.some((one) => same(one, each))));
    };
  },
  hasValue: () => (on) => truth(on.length === 1 && !isElement(on[0])),
  trace: () => (on) => on,
  iif: (args, build) => {
    const [test, then, otherwise] = args.map(build);
    if (!test || !then) throw new Unsupported('iif()');
    return (on, env) => (booleanOf(test(on, env)) === true ? then(on, env) : (otherwise?.(on, env) ?? empty));
  },
  // Only the type of what is referred to is known here; see compile.ts for where that suffices.
  resolve: () => (on, env) =>
    on.flatMap((each) => {
      const type = referenceType(each, env);
      return type === undefined ? [] : [{ resourceType: type }];
    }),
  children: () => (on) => on.flatMap(childrenOf),
  ['toString' as string]: () => (on: Collection) => (on.length === 1 && !isElement(on[0]) ? [String(on[0])] : empty),
  startsWith: onTextOrFalse((text, [prefix]) => text.startsWith(String(prefix))),
  endsWith: onTextOrFalse((text, [suffix]) => text.endsWith(String(suffix))),
  contains: onTextOrFalse((text, [part]) => text.includes(String(part))),
  // Java's String.matches and the specification's engine look for the pattern anywhere; anchors are the author's.
  matches: onText((text, [source]) => pattern(String(source)).test(text)),
  length: onText((text) => text.length),
  lower: onText((text) => text.toLowerCase()),
  upper: onText((text) => text.toUpperCase()),
  trim: onText((text) => text.trim()),
  indexOf: onText((text, [part]) => text.indexOf(String(part))),
  substring: onText((text, [from, length]) =>
    typeof from !== 'number' || from >= text.length ? undefined : text.slice(from, typeof length === 'number' ? from + length : undefined),
  ),
  replace: onText((text, [from, to]) => text.split(String(from)).join(String(to))),
  toInteger: onText((text) => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined)),
};

function childrenOf(item: Json): Collection {
  if (!isElement(item)) return empty;
  return Object.entries(item).flatMap(([key, value]) => {
    if (key === 'resourceType') return [];
    if (!key.startsWith('_')) return listOf(value).filter((each) => each !== null);
    return item[key.slice(1)] === undefined ? listOf(value) : [];
  });
}
