import { type Compile, distinct, type Env, type Evaluate, referenceType } from './env.ts';
import type { Json } from './json.ts';
import { type Ast, Unsupported } from './parse.ts';
import { booleanOf, type Collection, empty, Failed, HandOver, isElement, listOf, same, single, truth, Unknown } from './values.ts';

/** Runs on the value before the dot; `outer` is the focus of the whole expression, in which plain arguments are evaluated. */
type Run = (on: Collection, env: Env, outer: Collection) => Collection;
type Method = (args: readonly Ast[], build: Compile) => Run;

const need = (args: readonly Ast[], build: Compile): Evaluate => {
  const [first] = args;
  if (!first) throw new Unsupported('a missing argument');
  return build(first);
};

const holds = (test: Evaluate, item: Json, index: number, env: Env): boolean => booleanOf(test([item], { ...env, index })) === true;

/** Characters beyond 16 bits count once in FHIRPath and twice here. */
const wide = /[\ud800-\udfff]/;

/** A method on one string; empty on nothing. @throws Failed for anything else. */
const onText =
  (least: number, most: number, apply: (text: string, args: readonly Json[]) => Json | undefined): Method =>
  (args, build) => {
    if (args.length < least || args.length > most) throw new Unsupported(`${args.length} arguments`);
    const values = args.map(build);
    return (on, env, outer) => {
      const text = single(on);
      if (text === undefined) return empty;
      if (typeof text !== 'string') throw new Failed('a function of texts on something else');
      const given: Json[] = [];
      for (const each of values) {
        const value = single(each(outer, env));
        if (value === undefined) return empty;
        given.push(value);
      }
      const answer = apply(text, given);
      return answer === undefined ? empty : [answer];
    };
  };

const asText = (value: Json | undefined): string => {
  if (typeof value !== 'string') throw new Failed('an argument that is no text');
  return value;
};
const narrow = (text: string): string => {
  if (wide.test(text)) throw new HandOver('positions of wide characters');
  return text;
};
const noArguments =
  (run: Run): Method =>
  (args) => {
    if (args.length > 0) throw new Unsupported('arguments');
    return run;
  };

const booleans = (test: (values: readonly boolean[]) => boolean): Method =>
  noArguments((on) => {
    if (on.some((each) => typeof each !== 'boolean')) throw new Failed('a question about booleans to something else');
    return truth(test(on as readonly boolean[]));
  });

const patterns = new Map<string, RegExp>();
function pattern(source: string): RegExp {
  let made = patterns.get(source);
  if (!made) {
    made = regExp(source, 'su') ?? regExp(source, 's');
    if (!made) throw new HandOver('a regular expression of another dialect');
    patterns.set(source, made);
  }
  return made;
}

function regExp(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

/** The FHIRPath functions that invariants use. */
export const methods: Readonly<Record<string, Method>> = {
  exists: (args, build) => {
    if (!args[0]) return (on) => truth(on.length > 0);
    const test = build(args[0]);
    return (on, env) => truth(on.some((each, i) => holds(test, each, i, env)));
  },
  empty: noArguments((on) => truth(on.length === 0)),
  not: noArguments((on) => {
    const value = booleanOf(on);
    return truth(value === undefined ? undefined : !value);
  }),
  all: (args, build) => {
    const test = need(args, build);
    return (on, env) => truth(on.every((each, i) => holds(test, each, i, env)));
  },
  allTrue: booleans((values) => values.every((each) => each)),
  anyTrue: booleans((values) => values.some((each) => each)),
  allFalse: booleans((values) => !values.some((each) => each)),
  anyFalse: booleans((values) => !values.every((each) => each)),
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
      for (let next = on; next.length > 0; ) {
        const found = next.flatMap((each, index) => pick([each], { ...env, index }));
        next = distinct(found).filter((each) => !out.some((other) => same(other, each)));
        out.push(...next);
        if (out.length > mostRepeated) throw new HandOver('repeat() over many items');
      }
      return out;
    };
  },
  count: noArguments((on) => [on.length]),
  first: noArguments((on) => on.slice(0, 1)),
  last: noArguments((on) => on.slice(-1)),
  tail: noArguments((on) => on.slice(1)),
  single: noArguments((on) => (single(on) === undefined ? empty : on)),
  distinct: noArguments(distinct),
  isDistinct: noArguments((on) => truth(distinct(on).length === on.length)),
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
  hasValue: noArguments((on) => truth(on.length === 1 && !isElement(on[0]))),
  trace: () => (on) => on,
  iif: (args, build) => {
    const [test, then, otherwise] = args.map(build);
    if (!test || !then) throw new Unsupported('iif()');
    return (on, env) => {
      single(on);
      const holds = single(test(on, env));
      if (holds !== undefined && typeof holds !== 'boolean') throw new Failed('iif() on what is no boolean');
      return holds === true ? then(on, env) : (otherwise?.(on, env) ?? empty);
    };
  },
  // Only the type of what is referred to is known here; see compile.ts for where that suffices.
  resolve: noArguments((on, env) =>
    on.map((each) => {
      const type = referenceType(each, env);
      if (type === undefined) throw new Unknown('resolve()');
      return { resourceType: type };
    }),
  ),
  children: noArguments((on) => on.flatMap(childrenOf)),
  ['toString' as string]: noArguments((on) => {
    const item = single(on);
    if (item === undefined) return empty;
    if (typeof item !== 'string' && typeof item !== 'boolean') throw new HandOver('toString() of a number or an element');
    return [String(item)];
  }),
  startsWith: onText(1, 1, (text, [prefix]) => text.startsWith(asText(prefix))),
  endsWith: onText(1, 1, (text, [suffix]) => text.endsWith(asText(suffix))),
  contains: onText(1, 1, (text, [part]) => text.includes(asText(part))),
  // The pattern may be found anywhere; anchors are the author's.
  matches: onText(1, 1, (text, [source]) => pattern(asText(source)).test(text)),
  length: onText(0, 0, (text) => narrow(text).length),
  lower: onText(0, 0, (text) => text.toLowerCase()),
  upper: onText(0, 0, (text) => text.toUpperCase()),
  trim: onText(0, 0, (text) => text.trim()),
  indexOf: onText(1, 1, (text, [part]) => narrow(text).indexOf(asText(part))),
  substring: onText(1, 2, (text, [from, length]) => {
    if (!Number.isSafeInteger(from) || (length !== undefined && !Number.isSafeInteger(length))) throw new Failed('substring() without numbers');
    const start = from as number;
    if (start < 0 || start >= narrow(text).length) return undefined;
    return text.slice(start, length === undefined ? undefined : start + Math.max(0, length as number));
  }),
  replace: onText(2, 2, (text, [from, to]) => {
    if (from === '') throw new HandOver('replace() of nothing');
    return text.split(asText(from)).join(asText(to));
  }),
  toInteger: noArguments((on) => {
    const item = single(on);
    if (typeof item === 'boolean') return [item ? 1 : 0];
    if (typeof item === 'string') return /^[+-]?\d{1,9}$/.test(item) ? [Number(item)] : empty;
    if (item === undefined) return empty;
    throw new HandOver('toInteger() of a number or an element');
  }),
};

/** More are left to the library: each is compared with all before it. */
const mostRepeated = 2000;

function childrenOf(item: Json): Collection {
  if (!isElement(item)) throw new Failed('children() of a primitive');
  return Object.entries(item).flatMap(([key, value]) => {
    if (key === 'resourceType') return [];
    if (!key.startsWith('_')) return listOf(value).filter((each) => each !== null);
    return item[key.slice(1)] === undefined ? listOf(value) : [];
  });
}
