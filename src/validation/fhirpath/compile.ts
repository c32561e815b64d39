import { distinct, type Evaluate, referenceType } from './env.ts';
import type { Json } from './json.ts';
import { methods } from './methods.ts';
import { type Ast, parse, Unsupported } from './parse.ts';
import { typed } from './types.ts';
import {
  booleanOf,
  type Choices,
  type Collection,
  empty,
  Failed,
  HandOver,
  isElement,
  listOf,
  members,
  order,
  same,
  single,
  truth,
  Unknown,
} from './values.ts';

export type { Env, Evaluate } from './env.ts';

/**
 * Compiles an expression to closures over plain JSON. It takes only what it evaluates exactly, which covers the invariants of R4, US Core and CARIN; the
 * rest is left to the fhirpath library. `focusType` is the type of the value it will be asked about, where that is one.
 * What it returns throws Failed where FHIRPath has no answer, HandOver where plain JSON does not show it, Unknown where something is not loaded.
 * @throws Unsupported for the rest.
 */
export function compile(source: string, choices: Choices, focusType?: string): Evaluate {
  const build = (ast: Ast): Evaluate => {
    switch (ast.kind) {
      case 'literal': {
        const value: Collection = ast.value === null ? empty : [ast.value];
        return () => value;
      }
      case 'special':
        if (ast.name === '$this') return (focus) => focus;
        if (ast.name === '$index') return (_focus, env) => (env.index === undefined ? empty : [env.index]);
        throw new Unsupported(ast.name);
      case 'variable':
        return variable(ast.name);
      case 'name':
        return member(ast);
      case 'index': {
        const [on, at] = [build(ast.on), build(ast.at)];
        return (focus, env) => {
          const index = single(at(focus, env));
          if (index === undefined) return empty;
          if (typeof index !== 'number') throw new Failed('an index that is no number');
          const item = on(focus, env)[index];
          return item === undefined ? empty : [item];
        };
      }
      case 'negate': {
        const on = build(ast.on);
        return (focus, env) => {
          const item = single(on(focus, env));
          if (item === undefined) return empty;
          if (typeof item !== 'number') throw new HandOver('a minus before what is no number');
          return [-item];
        };
      }
      case 'type':
        return typeTest(ast.on, ast.op, ast.type);
      case 'call':
        return call(ast);
      case 'binary':
        return binary(ast.op, build(ast.left), build(ast.right));
    }
  };

  const self: Evaluate = (focus) => focus;

  function member(ast: Extract<Ast, { kind: 'name' }>): Evaluate {
    const { name, on } = ast;
    if (/^[A-Z]/.test(name)) return typeRoot(name, on);
    if (!choices.elements.has(name) || isTypedChoice(name, choices)) throw new Unsupported(`the name ${name}`);
    if (on?.kind === 'type' || (on?.kind === 'call' && (on.name === 'as' || on.name === 'ofType'))) {
      const type = on.kind === 'type' ? on.type : on.args[0]?.kind === 'literal' ? String(on.args[0].value) : '';
      if (!choices.has(type, name)) throw new Unsupported(`${name} of ${type}`);
    }
    // Extensions of a primitive lie beside it in JSON, so the way there goes through its parent.
    if (name === 'extension' && isElementName(on)) return extensionsOf(on.name, on.on ? build(on.on) : self);
    if (on?.kind === 'call' && on.name === 'resolve') throw new Unsupported('content of a resolved reference');
    const from = on ? build(on) : undefined;
    return from ? (focus, env) => members(from(focus, env), name, choices) : (focus) => members(focus, name, choices);
  }

  /** An expression may start at the type itself: `Patient.name`. */
  function typeRoot(name: string, on: Ast | undefined): Evaluate {
    if (on !== undefined) throw new Unsupported(`the name ${name}`);
    return (focus) => {
      if (focus.every((each) => isElement(each) && each['resourceType'] === name)) return focus;
      throw new HandOver(`the type ${name}`);
    };
  }

  function extensionsOf(name: string, parent: Evaluate): Evaluate {
    return (focus, env) => {
      const parents = parent(focus, env);
      const out = [...members(members(parents, name, choices).filter(isElement), 'extension', choices)];
      for (const each of parents) {
        if (!isElement(each)) continue;
        const values = listOf(each[name]);
        listOf(each[`_${name}`]).forEach((element, i) => {
          if (values[i] !== undefined && values[i] !== null && isElement(element)) out.push(...listOf(element['extension']));
        });
      }
      return out;
    };
  }

  function call(ast: Extract<Ast, { kind: 'call' }>): Evaluate {
    const { name, args, on } = ast;
    if (name === 'ofType' || name === 'as' || name === 'is') {
      const type = args[0]?.kind === 'literal' ? String(args[0].value) : '';
      return typeTest(on ?? { kind: 'special', name: '$this' }, name, type);
    }
    if (name === 'extension' && args[0]) {
      const extensions = isElementName(on)
        ? extensionsOf(on.name, on.on ? build(on.on) : self)
        : member({ kind: 'name', name, ...(on ? { on } : {}) });
      const url = build(args[0]);
      return (focus, env) => {
        const wanted = single(url(focus, env));
        return extensions(focus, env).filter((each) => isElement(each) && each['url'] === wanted);
      };
    }
    if (name === 'memberOf' && args[0]) return memberOf(on ? build(on) : self, build(args[0]));
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (!method) throw new Unsupported(`${name}()`);
    const from = on ? build(on) : self;
    const run = method(args, build);
    return (focus, env) => run(from(focus, env), env, focus);
  }

  function memberOf(from: Evaluate, valueSet: Evaluate): Evaluate {
    const { memberOf: ask } = choices;
    if (!ask) throw new Unsupported('memberOf()');
    return (focus, env) => {
      const item = single(from(focus, env));
      if (item === undefined) return empty;
      const answer = ask(item, String(valueSet(focus, env)[0] ?? ''));
      if (answer === undefined) throw new Unknown('memberOf()');
      return truth(answer);
    };
  }

  /** `is`, `as` and `ofType` where JSON tells the type: choices, resources, and where a reference says it. */
  function typeTest(on: Ast, op: 'is' | 'as' | 'ofType', type: string): Evaluate {
    if (on.kind === 'call' && on.name === 'resolve' && op === 'is') {
      const from = on.on ? build(on.on) : self;
      return (focus, env) => {
        const reference = single(from(focus, env));
        if (reference === undefined) return empty;
        const seen = referenceType(reference, env);
        if (seen === undefined) throw new Unknown('resolve()');
        return truth(seen === type);
      };
    }
    const parent = on.kind === 'name' && choices.names.has(on.name) ? (on.on ? build(on.on) : self) : undefined;
    return typed({ on, op, type, parent, choices, focusType, from: () => build(on) });
  }

  return build(parse(source));
}

const isElementName = (ast: Ast | undefined): ast is Extract<Ast, { kind: 'name' }> => ast?.kind === 'name' && !/^[A-Z]/.test(ast.name);

/** `valueQuantity`: a choice by its JSON name, which FHIRPath does not know; a few types have elements that are called like that. */
const isTypedChoice = (name: string, { names, types }: Choices): boolean =>
  [...name.matchAll(/[A-Z]/g)].some(({ index }) => names.has(name.slice(0, index)) && types.has(name.slice(index)));

const variable = (name: string): Evaluate => {
  switch (name) {
    case 'context':
      return (_focus, env) => [env.context];
    case 'resource':
      return (_focus, env) => [env.resource];
    case 'rootResource':
      return (_focus, env) => [env.root];
    case 'ucum':
      return () => ['http://unitsofmeasure.org'];
    case 'sct':
      return () => ['http://snomed.info/sct'];
    case 'loinc':
      return () => ['http://loinc.org'];
    default:
      throw new Unsupported(`%${name}`);
  }
};

function binary(op: string, left: Evaluate, right: Evaluate): Evaluate {
  switch (op) {
    case 'and':
      return (focus, env) => {
        const a = booleanOf(left(focus, env));
        if (a === false) return truth(false);
        const b = booleanOf(right(focus, env));
        return truth(b === false ? false : a === undefined || b === undefined ? undefined : true);
      };
    case 'or':
      return (focus, env) => {
        const a = booleanOf(left(focus, env));
        if (a === true) return truth(true);
        const b = booleanOf(right(focus, env));
        return truth(b === true ? true : a === undefined || b === undefined ? undefined : false);
      };
    case 'implies':
      return (focus, env) => {
        const a = booleanOf(left(focus, env));
        if (a === false) return truth(true);
        const b = booleanOf(right(focus, env));
        return truth(b === true ? true : a === undefined || b === undefined ? undefined : false);
      };
    case 'xor':
      return (focus, env) => {
        const [a, b] = [booleanOf(left(focus, env)), booleanOf(right(focus, env))];
        return truth(a === undefined || b === undefined ? undefined : a !== b);
      };
    case '|':
      return (focus, env) => distinct([...left(focus, env), ...right(focus, env)]);
    case '=':
      return (focus, env) => equals(left(focus, env), right(focus, env));
    case '!=':
      return (focus, env) => truth(flip(booleanOf(equals(left(focus, env), right(focus, env)))));
    case 'in':
      return (focus, env) => contains(right(focus, env), left(focus, env));
    case 'contains':
      return (focus, env) => contains(left(focus, env), right(focus, env));
    case '<':
    case '>':
    case '<=':
    case '>=':
      return comparison(op, left, right);
    case '+':
    case '-':
    case '*':
    case 'div':
    case 'mod':
    case '&':
      return arithmetic(op, left, right);
    default:
      throw new Unsupported(op);
  }
}

const flip = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value);

function equals(a: Collection, b: Collection): Collection {
  if (a.length === 0 || b.length === 0) return empty;
  return truth(a.length === b.length && a.every((each, i) => same(each, b[i] ?? null)));
}

function contains(list: Collection, item: Collection): Collection {
  const one = single(item);
  return one === undefined ? empty : truth(list.some((each) => same(each, one)));
}

function comparison(op: '<' | '>' | '<=' | '>=', left: Evaluate, right: Evaluate): Evaluate {
  return (focus, env) => {
    const a = single(left(focus, env));
    const b = single(right(focus, env));
    if (a === undefined || b === undefined) return empty;
    const difference = order(a, b);
    return truth(op === '<' ? difference < 0 : op === '>' ? difference > 0 : op === '<=' ? difference <= 0 : difference >= 0);
  };
}

function arithmetic(op: string, left: Evaluate, right: Evaluate): Evaluate {
  return (focus, env) => {
    const a = single(left(focus, env));
    const b = single(right(focus, env));
    if (op === '&') return [textOrNothing(a) + textOrNothing(b)];
    if (a === undefined || b === undefined) return empty;
    if (op === '+' && typeof a === 'string' && typeof b === 'string') return [a + b];
    // Fractions are decimals in FHIRPath, and dates and quantities can be added, too.
    if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) throw new HandOver('arithmetic with fractions');
    const [x, y] = [a as number, b as number];
    if ((op === 'div' || op === 'mod') && y === 0) return empty;
    const result = op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === 'mod' ? x % y : Math.trunc(x / y);
    if (Math.abs(result) >= 2 ** 31) throw new HandOver('integers beyond 32 bits');
    return [result];
  };
}

function textOrNothing(item: Json | undefined): string {
  if (item !== undefined && typeof item !== 'string') throw new HandOver('& of what is no text');
  return item ?? '';
}
