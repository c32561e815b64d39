import type { Json } from '../core/model.ts';
import { primitivePatterns } from './definitions/primitive-patterns.ts';
import { resourceTypes } from './definitions/resource-types.ts';
import { isElement } from './fhirpath/index.ts';
import { keptModule } from './kept.ts';
import { definitionsPrefix, r4Definitions, type SchemaNode } from './schema.ts';

/**
 * True only when the R4 schema has nothing to say about a resource and nothing in it is empty. False means: ask the gate (shape.ts), which finds out
 * what there is, if anything. `plain` is what the caller knows of the text: ASCII, and no white space but blanks in its strings (see isPlain).
 */
export type QuickGate = (resource: Json, plain: boolean) => boolean;

type Check = (value: Json, plain: boolean, depth: number) => boolean;

/** Deeper resources are left to the gate; also bounds our own recursion. */
const deepest = 100;

/** Raised when the generated code must change. */
const format = 2;

/** Loads the check of a type when it is first seen. */
export function createQuickGate(): QuickGate {
  const checks = new Map<string, Check | undefined>();
  return (resource, plain) => {
    const type = isElement(resource) ? resource['resourceType'] : undefined;
    if (typeof type !== 'string') return false;
    if (!checks.has(type)) checks.set(type, checkOf(type));
    try {
      return checks.get(type)?.(resource, plain, 0) ?? false;
    } catch (cause) {
      // A pattern may run out of stack on a very long text: the gate says what that means.
      if (cause instanceof RangeError) return false;
      throw cause;
    }
  };
}

/**
 * Generates the checks of these types where they are not kept yet. For the thread that starts others: in one that has read the schema, JSON.parse is
 * slower from then on, because the schema's objects leave V8 many more shapes to distinguish.
 */
export function prepareQuickGate(types: Iterable<string>): void {
  for (const type of types) checkOf(type);
}

function checkOf(type: string): Check | undefined {
  if (!/^[A-Za-z]{1,64}$/.test(type)) return undefined;
  return (keptModule(`${type}-quick-${format}`, () => generate(type)) as ((full: Check) => Check) | undefined)?.(full);
}

/** Is a line of valid JSON, read as ASCII, free of escapes that stand for white space or for anything beyond ASCII? */
export function isPlain(text: string): boolean {
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 2)) if (!'"\\/'.includes(text.charAt(at + 1))) return false;
  return true;
}

/** What a pattern comes to: of any text, and of a plain one, where a blank is the only white space. Patterns take most of the time that a check takes. */
const always: Readonly<Record<string, string>> = { [primitivePatterns.string]: `v !== ''` };
const plainly: Readonly<Record<string, string>> = {
  [primitivePatterns.uri]: `v !== '' && v.indexOf(' ') < 0`,
  [primitivePatterns.code]: `(v.indexOf(' ') < 0 ? v !== '' : !/^ |  | $/.test(v))`,
};

/**
 * One function for each definition that the type leads to. It goes through the keys that are there rather than those that may be: that, and code in place
 * of closures, make it more than twice as fast as the gate, which has to be able to say what is wrong.
 */
function generate(type: string): string | undefined {
  const definitions = r4Definitions();
  if (!resourceTypes.has(type) || !Object.hasOwn(definitions, type)) return undefined;
  const constants = new Map<string, string>();
  const functions = new Map<string, string>();
  const code = `return ${objectCheck(type, definitions[type] ?? {})};`;
  const shared = [...constants].map(([value, name]) => `const ${name} = ${value};`);
  return ['module.exports = (full) => {', ...shared, ...functions.values(), code, '};\n'].join('\n');

  function objectCheck(name: string, { properties = {}, required = [] }: SchemaNode): string {
    if (!functions.has(name)) {
      functions.set(name, '');
      const cases = Object.entries(properties).map(([key, node]) => `case '${key}': if (!(${test(node)})) return false; break;`);
      functions.set(
        name,
        `function is${name}(object, plain, depth) {
          if (typeof object !== 'object' || object === null || depth > ${deepest}) return false;
          let some = false;
          for (const key in object) {
            const v = object[key];
            switch (key) { ${cases.join('\n')} default: return false; }
            some = true;
          }
          return ${['some', ...required.map((key) => `object.${key} !== undefined`)].join(' && ')};
        }`,
      );
    }
    return `is${name}`;
  }

  /** An expression over `v`. */
  function test(node: SchemaNode): string {
    const { $ref, type, pattern, enum: codes, const: only, items, anyOf } = node;
    if (anyOf?.[0]) return test(anyOf[0]);
    // Where null is allowed, the gate looks for what accompanies it.
    const kind = Array.isArray(type) ? type[0] : type;
    if ($ref !== undefined) {
      const name = $ref.slice(definitionsPrefix.length);
      const target = definitions[name];
      return target?.properties ? `${objectCheck(name, target)}(v, plain, depth + 1)` : test(target ?? { type: 'missing' });
    }
    if (items)
      return `${constant(`(list, plain, depth) => {
      if (!Array.isArray(list)) return false;
      for (const v of list) if (!(${test(items)})) return false;
      return list.length > 0;
    }`)}(v, plain, depth)`;
    if (codes) return `${constant(`new Set(${JSON.stringify(codes.filter((each) => each !== null))})`)}.has(v)`;
    if (only !== undefined) return `v === ${JSON.stringify(only)}`;
    if (kind === 'string') return `typeof v === 'string'${pattern === undefined ? '' : ` && ${matches(pattern)}`}`;
    if (kind === 'number') return 'Number.isFinite(v)';
    if (kind === 'boolean') return `typeof v === 'boolean'`;
    if (kind === 'object') return `typeof v === 'object' && v !== null && !Array.isArray(v) && full(v, plain, depth + 1)`;
    return Object.keys(node).every((key) => key === 'description') ? `typeof v === 'string'` : 'false';
  }

  function matches(pattern: string): string {
    if (Object.hasOwn(always, pattern)) return always[pattern] ?? '';
    const slow = `${constant(`new RegExp(${JSON.stringify(pattern)}, 'u')`)}.test(v)`;
    return Object.hasOwn(plainly, pattern) ? `(plain ? (${plainly[pattern]}) : ${slow})` : slow;
  }

  function constant(value: string): string {
    const name = constants.get(value) ?? `c${constants.size}`;
    constants.set(value, name);
    return name;
  }
}

/** Is nothing in there empty? For what the schema leaves open, as contained resources. */
function full(value: Json, plain: boolean, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  const all = Object.values(value);
  return depth <= deepest && all.length > 0 && all.every((each) => full(each, plain, depth + 1));
}
