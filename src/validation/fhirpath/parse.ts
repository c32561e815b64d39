/** A FHIRPath expression as a tree. */
export type Ast =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'name'; readonly name: string; readonly on?: Ast }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Ast[]; readonly on?: Ast }
  | { readonly kind: 'index'; readonly on: Ast; readonly at: Ast }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'special'; readonly name: '$this' | '$index' | '$total' }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Ast; readonly right: Ast }
  | { readonly kind: 'type'; readonly op: 'is' | 'as'; readonly on: Ast; readonly type: string }
  | { readonly kind: 'negate'; readonly on: Ast };

/** The expression needs what this parser leaves to the fhirpath library (dates, quantities) or is no FHIRPath. */
export class Unsupported extends Error {}

const tokens =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(@[\dT:.+\-Z]+)|(\d+(?:\.\d+)?)|('(?:[^'\\]|\\.)*')|(\$(?:this|index|total))|(%(?:[A-Za-z_][\w-]*|`[^`]*`|'[^']*'))|(`[^`]*`|[A-Za-z_]\w*)|(<=|>=|!=|!~|[-+*/&|=~<>().,[\]{}])/gy;

interface Token {
  readonly kind: 'number' | 'string' | 'special' | 'variable' | 'name' | 'symbol';
  readonly text: string;
}

/** Binary operators by rank, loosest first. */
const ranks: readonly (readonly string[])[] = [
  ['implies'],
  ['or', 'xor'],
  ['and'],
  ['in', 'contains'],
  ['=', '~', '!=', '!~'],
  ['<', '>', '<=', '>='],
  ['|'],
  ['is', 'as'],
  ['+', '-', '&'],
  ['*', '/', 'div', 'mod'],
];

/**
 * Parses one expression.
 * @throws Unsupported for what is left to the library.
 */
export function parse(source: string): Ast {
  const list = scan(source);
  let at = 0;
  const peek = (): string | undefined => list[at]?.text;
  const take = (text: string): void => {
    if (peek() !== text) throw new Unsupported(`expected ${text} but found ${peek() ?? 'the end'} in ${source}`);
    at++;
  };

  function binary(rank: number): Ast {
    const ops = ranks[rank];
    if (!ops) return unary();
    let left = binary(rank + 1);
    for (let op = peek(); op !== undefined && ops.includes(op) && list[at]?.kind !== 'string'; op = peek()) {
      at++;
      left = op === 'is' || op === 'as' ? { kind: 'type', op, on: left, type: typeName() } : { kind: 'binary', op, left, right: binary(rank + 1) };
    }
    return left;
  }

  function unary(): Ast {
    if (peek() === '-' && list[at]?.kind === 'symbol') {
      at++;
      return { kind: 'negate', on: postfix() };
    }
    return postfix();
  }

  function postfix(): Ast {
    let here = term();
    for (;;) {
      if (peek() === '.' && list[at]?.kind === 'symbol') {
        at++;
        here = invocation(here);
      } else if (peek() === '[' && list[at]?.kind === 'symbol') {
        at++;
        const index = binary(0);
        take(']');
        here = { kind: 'index', on: here, at: index };
      } else return here;
    }
  }

  function term(): Ast {
    const token = list[at];
    if (!token) throw new Unsupported(`unexpected end of ${source}`);
    if (token.kind === 'symbol' && token.text === '(') {
      at++;
      const inner = binary(0);
      take(')');
      return inner;
    }
    if (token.kind === 'symbol' && token.text === '{') {
      at++;
      take('}');
      return { kind: 'literal', value: null };
    }
    if (token.kind === 'number') {
      at++;
      // A unit would make it a quantity.
      if (list[at]?.kind === 'string') throw new Unsupported('quantity literal');
      if (Number(token.text) >= 2 ** 31) throw new Unsupported('a number beyond 32 bits');
      return { kind: 'literal', value: Number(token.text) };
    }
    if (token.kind === 'string') {
      at++;
      return { kind: 'literal', value: plain(token.text) };
    }
    if (token.kind === 'variable') {
      at++;
      return { kind: 'variable', name: token.text.slice(1).replace(/[`']/g, '') };
    }
    return invocation(undefined);
  }

  function invocation(on: Ast | undefined): Ast {
    const token = list[at++];
    if (token?.kind === 'special') return { kind: 'special', name: token.text as '$this' };
    if (token?.kind !== 'name') throw new Unsupported(`unexpected ${token?.text ?? 'end'} in ${source}`);
    if (on === undefined && (token.text === 'true' || token.text === 'false')) return { kind: 'literal', value: token.text === 'true' };
    const name = token.text.replace(/`/g, '');
    const rest = on === undefined ? {} : { on };
    if (peek() !== '(') return { kind: 'name', name, ...rest };
    at++;
    const args: Ast[] = [];
    while (peek() !== ')') {
      args.push(name === 'ofType' || name === 'is' || name === 'as' ? { kind: 'literal', value: typeName() } : binary(0));
      if (peek() === ',') at++;
      else break;
    }
    take(')');
    return { kind: 'call', name, args, ...rest };
  }

  function typeName(): string {
    const first = list[at++];
    if (first?.kind !== 'name') throw new Unsupported(`expected a type in ${source}`);
    let name = first.text;
    while (peek() === '.' && list[at + 1]?.kind === 'name') {
      name = list[at + 1]?.text ?? name;
      at += 2;
    }
    return name.replace(/`/g, '');
  }

  const tree = binary(0);
  if (at < list.length) throw new Unsupported(`unexpected ${peek()} in ${source}`);
  return tree;
}

function scan(source: string): readonly Token[] {
  const out: Token[] = [];
  tokens.lastIndex = 0;
  while (tokens.lastIndex < source.length) {
    const start = tokens.lastIndex;
    const match = tokens.exec(source);
    if (!match) throw new Unsupported(`cannot read ${source.slice(start, start + 20)}`);
    const [, date, number, string, special, variable, name, symbol] = match;
    if (date !== undefined) throw new Unsupported('date literal');
    if (number !== undefined) out.push({ kind: 'number', text: number });
    else if (string !== undefined) out.push({ kind: 'string', text: string });
    else if (special !== undefined) out.push({ kind: 'special', text: special });
    else if (variable !== undefined) out.push({ kind: 'variable', text: variable });
    else if (name !== undefined) out.push({ kind: 'name', text: name });
    else if (symbol !== undefined) out.push({ kind: 'symbol', text: symbol });
  }
  return out;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', '\\': '\\', '/': '/', "'": "'", '"': '"', '`': '`' };

const plain = (quoted: string): string =>
  quoted.slice(1, -1).replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const meant = escapes[code];
    if (meant === undefined) throw new Unsupported(`the escape \\${code}`);
    return meant;
  });
