import { primitivePatterns } from './definitions/primitive-patterns.ts';
import { readerParts } from './reader-parts.ts';
import { definitionsPrefix, r4Definitions, type SchemaNode } from './schema.ts';

/** Where things stand in a sound line: places of the first characters of strings; 0 = not there. */
export interface Found {
  readonly id: number;
  /** `reference` of patient, subject, beneficiary. */
  readonly owners: readonly number[];
  /** Of every literal reference, in order. */
  readonly references: readonly number[];
}

/** Deeper resources are left to the gate; also bounds our own recursion. */
const deepest = 100;

/** Names of an object that one number remembers as seen. */
const bits = 31;

/**
 * Code of a module that reads one line of JSON of this type and checks it on the way: one function for each definition of the schema that the type leads to.
 * Each takes the place where its value begins and answers where it ends, or -1 for "not sure". Nothing is built: JSON.parse and a walk over what it made
 * take four times as long. Names are compared four bytes at a time, so `":` has to follow them at once. undefined: the schema has no such type.
 */
export function readerCode(type: string): string | undefined {
  const definitions = r4Definitions();
  const root = Object.hasOwn(definitions, type) ? definitions[type] : undefined;
  if (root === undefined) return undefined;
  const functions = new Map<string, string>();
  const shared = new Map<string, string>();
  const quick = quickPatterns(definitions);
  const start = objectReader(type, root);
  return [
    `module.exports = (() => {`,
    readerParts(deepest),
    ...[...shared].map(([code, name]) => code.replace('NAME', name)),
    ...functions.values(),
    `return (bytes, view, start, to) => {
      b = bytes; v = view; idAt = patient = subject = beneficiary = 0; references = [];
      let i = ${start}(from(start), 0);
      if (i < 0) return undefined;
      if (i < to && b[i] <= 32) i = blank(i);
      return i === to ? { id: idAt, owners: [patient, subject, beneficiary], references } : undefined;
    };`,
    '})();\n',
  ].join('\n');

  function objectReader(name: string, { properties = {}, required = [] }: SchemaNode): string {
    const called = `read${name}`;
    if (functions.has(called)) return called;
    functions.set(called, '');
    const keys = Object.keys(properties);
    const names = Object.entries(properties).map(([key, node], index): Word => {
      // A name that is there twice is for the gate to tell: readers differ on which counts.
      const [seen, bit] = [`seen${Math.floor(index / bits)}`, 1 << (index % bits)];
      return { bytes: `${key}":`, act: `if ((${seen} & ${bit}) !== 0) return -1; ${seen} |= ${bit}; ${propertyReader(name, key, node)}` };
    });
    const sets = Array.from({ length: Math.ceil(keys.length / bits) || 1 }, (_, set) => ({
      name: `seen${set}`,
      needed: required.reduce((sum, key) => (Math.floor(keys.indexOf(key) / bits) === set ? sum | (1 << (keys.indexOf(key) % bits)) : sum), 0),
    }));
    const whole = sets.filter(({ needed }) => needed !== 0).map((set) => `(${set.name} & ${set.needed}) === ${set.needed}`);
    functions.set(
      called,
      `function ${called}(i, depth) {
        if (b[i] !== 123 || depth > ${deepest}) return -1;
        let ${sets.map((set) => `${set.name} = 0`).join(', ')}, at = 0, direct = 0;
        i = from(i + 1);
        for (;;) {
          if (b[i] !== 34) return -1;
          found: { ${choose(names, 'i + 1', 'break found;')} return -1; }
          if (i < 0) return -1;
          if (b[i] <= 32) i = blank(i);
          if (b[i] === 44) i = from(i + 1);
          else if (b[i] === 125) break;
          else return -1;
        }
        last = direct;
        return ${whole.join(' && ') || 'true'} ? i + 1 : -1;
      }`,
    );
    return called;
  }

  /** Reads the value of a property behind its name, and keeps what will be asked for. */
  function propertyReader(name: string, key: string, node: SchemaNode): string {
    const reader = readerOf(node);
    const behind = `from(i + ${key.length + 3})`;
    const isText = node.items === undefined && targetOf(node)?.properties === undefined;
    if (key === 'reference' && isText) return `at = ${behind}; i = ${reader}(at, depth); if (b[at] === 34) references.push(direct = at + 1);`;
    const plain = `i = ${reader}(${behind}, depth);`;
    if (name !== type) return plain;
    if (key === 'id') return `at = ${behind}; i = ${reader}(at, depth); idAt = at + 1;`;
    const isOwner = node.$ref === `${definitionsPrefix}Reference` && ['patient', 'subject', 'beneficiary'].includes(key);
    return isOwner ? `${plain} ${key} = last;` : plain;
  }

  function targetOf({ $ref }: SchemaNode): SchemaNode | undefined {
    return $ref === undefined ? undefined : definitions[$ref.slice(definitionsPrefix.length)];
  }

  /** Name of the function that reads such a value. */
  function readerOf(node: SchemaNode): string {
    const { $ref, type: types, pattern, minimum, maximum, enum: codes, const: only, items, anyOf } = node;
    // Where null is allowed, the gate looks for what accompanies it.
    if (anyOf?.[0]) return readerOf(anyOf[0]);
    if ($ref !== undefined) {
      const name = $ref.slice(definitionsPrefix.length);
      const target = definitions[name] ?? { type: 'missing' };
      if (!target.properties) return readerOf(target);
      const object = objectReader(name, target);
      return share(`const NAME = (i, depth) => ${object}(i, depth + 1);`);
    }
    if (items)
      return share(`function NAME(i, depth) {
        if (b[i] !== 91) return -1;
        i = from(i + 1);
        for (;;) {
          i = ${readerOf(items)}(i, depth);
          if (i < 0) return -1;
          if (b[i] <= 32) i = blank(i);
          if (b[i] === 44) i = from(i + 1);
          else return b[i] === 93 ? i + 1 : -1;
        }
      }`);
    if (codes) return words(codes.filter((each) => each !== null));
    if (only !== undefined) return words([only]);
    const kind = Array.isArray(types) ? types[0] : types;
    if (kind === 'string') return pattern === undefined ? 'text' : patternReader(pattern);
    if (kind === 'number') return 'number';
    if (kind === 'integer') return share(`const NAME = (i) => whole(i, ${minimum}, ${maximum});`);
    if (kind === 'boolean') return 'boolean';
    if (kind === 'object') return 'anyObject';
    return Object.keys(node).every((key) => key === 'description') ? 'text' : 'never';
  }

  function patternReader(pattern: string): string {
    return quick.get(pattern) ?? share(`const NAME = matching(new RegExp(${JSON.stringify(pattern)}, 'u'));`);
  }

  function words(codes: readonly string[]): string {
    const choices = codes.map((code): Word => ({ bytes: `${JSON.stringify(code)}`, act: `return i + ${code.length + 2};` }));
    return share(`function NAME(i) { ${choose(choices, 'i', '')} return -1; }`);
  }

  function share(code: string): string {
    const name = shared.get(code) ?? `r${shared.size}`;
    shared.set(code, name);
    return name;
  }
}

/** Patterns that have a function of their own; the others are asked of a copy of the text. */
function quickPatterns(definitions: Readonly<Record<string, SchemaNode>>): ReadonlyMap<string, string> {
  const named = (['date', 'dateTime', 'instant', 'id'] as const).flatMap((name) => {
    const pattern = definitions[name]?.pattern;
    return pattern === undefined ? [] : [[pattern, name] as const];
  });
  const { string, uri, code } = primitivePatterns;
  return new Map([...named, [string, 'someText'], [uri, 'uri'], [code, 'code']]);
}

interface Word {
  /** ASCII. */
  readonly bytes: string;
  readonly act: string;
}

/** Code that compares the bytes at `at` with all these words, and runs `act` and `done` of the one that is there. */
function choose(all: readonly Word[], at: string, done: string, depth = 0): string {
  const here = depth * 4;
  const long = all.filter(({ bytes }) => bytes.length >= here + 4);
  const tails = all.filter(({ bytes }) => bytes.length < here + 4);
  const found = (word: Word): string => `${word.act} ${done}`;
  const short = tails.map((word) => {
    const rest = word.bytes.length - here;
    if (rest === 0) return found(word);
    const tail = word.bytes.length >= 4 ? `word(${at} + ${word.bytes.length - 4}) === ${wordOf(word.bytes.slice(-4))}` : bytewise(word.bytes, at);
    return `if (${tail}) { ${found(word)} }`;
  });
  if (long.length === 0) return short.join('\n');
  const groups = new Map<string, Word[]>();
  for (const each of long) {
    const chunk = each.bytes.slice(here, here + 4);
    groups.set(chunk, [...(groups.get(chunk) ?? []), each]);
  }
  if (groups.size === 1) {
    const [[chunk = '', words = []] = []] = groups;
    return `${short.join('\n')} if (word(${at} + ${here}) === ${wordOf(chunk)}) { ${choose(words, at, done, depth + 1)} }`;
  }
  const cases = [...groups].map(([chunk, words]) => `case ${wordOf(chunk)}: ${choose(words, at, done, depth + 1)} break;`);
  return `${short.join('\n')} switch (word(${at} + ${here})) { ${cases.join('\n')} }`;
}

const wordOf = (bytes: string): number => Buffer.from(bytes, 'latin1').readInt32LE(0);
const bytewise = (bytes: string, at: string): string =>
  [...bytes].map((character, index) => `b[${at} + ${index}] === ${character.charCodeAt(0)}`).join(' && ');
