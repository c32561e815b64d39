import type { Json } from '../../core/model.ts';
import { methods } from './methods.ts';
import { type Ast, parse, Unsupported } from './parse.ts';
import { booleanOf, type Choices, type Collection, empty, isElement, listOf, members, order, same, truth, Unknown } from './values.ts';

/** What an expression may look at besides its focus. */
export interface Env {
  /** The resource that holds the focus (contained resources count as their own), and the outermost one. */
  readonly resource: Json;
  readonly root: Json;
  readonly index?: number;
}

export type Evaluate = (focus: Collection, env: Env) => Collection;
/** Compiles an argument of a method. */
export type Compile = (ast: Ast) => Evaluate;

/**
 * Compiles an expression to closures over plain JSON. It covers what invariants of R4, US Core and CARIN use; the rest is left to the fhirpath library.
 * `focusType` is the type of the value it will be asked about, where that is one.
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
          const index = at(focus, env)[0];
          const item = typeof index === 'number' ? on(focus, env)[index] : undefined;
          return item === undefined ? empty : [item];
        };
      }
      case 'negate': {
        const on = build(ast.on);
        return (focus, env) => on(focus, env).map((each) => (typeof each === 'number' ? -each : each));
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
    // Extensions of a primitive lie beside it in JSON, so the way there goes through its parent.
    if (name === 'extension' && on?.kind === 'name') return extensionsOf(on.name, on.on ? build(on.on) : self);
    if (on?.kind === 'call' && on.name === 'resolve') throw new Unsupported('content of a resolved reference');
    const from = on ? build(on) : undefined;
    return from ? (focus, env) => members(from(focus, env), name, choices) : (focus) => members(focus, name, choices);
  }

  function extensionsOf(name: string, parent: Evaluate): Evaluate {
    return (focus, env) => {
      const parents = parent(focus, env);
      const out = [...members(members(parents, name, choices), 'extension', choices)];
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
      return typeTest(on ?? { kind: 'special', name: '$this' }, name === 'is' ? 'is' : 'as', type);
    }
    if (name === 'extension' && args[0]) {
      const extensions =
        on?.kind === 'name' ? extensionsOf(on.name, on.on ? build(on.on) : self) : member({ kind: 'name', name, ...(on ? { on } : {}) });
      const url = build(args[0]);
      return (focus, env) => {
        const wanted = url(focus, env)[0];
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
      const [item, ...more] = from(focus, env);
      if (item === undefined || more.length > 0) return empty;
      const answer = ask(item, String(valueSet(focus, env)[0] ?? ''));
      if (answer === undefined) throw new Unknown('memberOf()');
      return truth(answer);
    };
  }

  /** `is`, `as` and `ofType` where JSON tells the type: choices, resources, and where a reference says it. */
  function typeTest(on: Ast, op: 'is' | 'as', type: string): Evaluate {
    if (on.kind === 'call' && on.name === 'resolve' && op === 'is') {
      const from = on.on ? build(on.on) : self;
      return (focus, env) => {
        const references = from(focus, env);
        if (references.length === 0) return empty;
        const seen = referenceType(references[0] ?? null, env);
        return truth(seen === undefined ? undefined : seen === type);
      };
    }
    if (on.kind === 'name' && choices.names.has(on.name)) {
      const from = on.on ? build(on.on) : self;
      const suffix = type.charAt(0).toUpperCase() + type.slice(1);
      if (!choices.types.has(suffix)) throw new Unsupported(`type ${type}`);
      const typed = `${on.name}${suffix}`;
      return op === 'as'
        ? (focus, env) => members(from(focus, env), typed, choices)
        : (focus, env) => {
            const parents = from(focus, env);
            return members(parents, on.name, choices).length === 0 ? empty : truth(members(parents, typed, choices).length > 0);
          };
    }
    if (on.kind === 'special' && on.name === '$this' && focusType !== undefined && choices.types.has(type.charAt(0).toUpperCase() + type.slice(1))) {
      const fits = type === focusType;
      return op === 'is' ? (focus) => (focus.length === 0 ? empty : truth(fits)) : (focus) => (fits ? focus : empty);
    }
    if (!/^[A-Z]/.test(type) || choices.types.has(type)) throw new Unsupported(`${op} ${type}`);
    const from = build(on);
    return op === 'as'
      ? (focus, env) => from(focus, env).filter((each) => isElement(each) && each['resourceType'] === type)
      : (focus, env) => {
          const first = from(focus, env)[0];
          return first === undefined ? empty : truth(isElement(first) && first['resourceType'] === type);
        };
  }

  return build(parse(source));
}

const variable = (name: string): Evaluate => {
  switch (name) {
    case 'resource':
    case 'context':
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

export function referenceType(reference: Json, env: Env): string | undefined {
  const literal = isElement(reference) ? reference['reference'] : reference;
  if (typeof literal !== 'string') return isElement(reference) && typeof reference['type'] === 'string' ? reference['type'] : undefined;
  if (literal.startsWith('#')) {
    const holder = isElement(env.root) ? env.root : {};
    const contained = listOf(holder['contained']).find((each) => isElement(each) && each['id'] === literal.slice(1));
    return isElement(contained) && typeof contained['resourceType'] === 'string' ? contained['resourceType'] : undefined;
  }
  return /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]+(?:\/_history\/[^/]+)?$/.exec(literal)?.[1];
}

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
    case '/':
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
  const [first] = item;
  return first === undefined ? empty : truth(list.some((each) => same(each, first)));
}

export function distinct(items: Collection): Collection {
  return items.filter((each, i) => items.findIndex((other) => same(each, other)) === i);
}

function comparison(op: '<' | '>' | '<=' | '>=', left: Evaluate, right: Evaluate): Evaluate {
  return (focus, env) => {
    const [a] = left(focus, env);
    const [b] = right(focus, env);
    const difference = a === undefined || b === undefined ? undefined : order(a, b);
    if (difference === undefined) return empty;
    return truth(op === '<' ? difference < 0 : op === '>' ? difference > 0 : op === '<=' ? difference <= 0 : difference >= 0);
  };
}

function arithmetic(op: string, left: Evaluate, right: Evaluate): Evaluate {
  return (focus, env) => {
    const [a] = left(focus, env);
    const [b] = right(focus, env);
    if (op === '&') return [`${typeof a === 'string' ? a : ''}${typeof b === 'string' ? b : ''}`];
    if (op === '+' && typeof a === 'string' && typeof b === 'string') return [a + b];
    if (typeof a !== 'number' || typeof b !== 'number') return empty;
    return [op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : a / b];
  };
}
