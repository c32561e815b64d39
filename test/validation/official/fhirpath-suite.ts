import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import type { Json } from '../../../src/core/model.ts';
import { jsonOfXml } from './xml.ts';

/** One test of the official FHIRPath suite (R4). */
export interface PathTest {
  readonly name: string;
  readonly expression: string;
  readonly input: Json | undefined;
  /** The suite says that a conforming engine refuses it. */
  readonly invalid: string | undefined;
  /** Only whether it holds is asked. */
  readonly predicate: boolean;
  readonly outputs: readonly { readonly type: string; readonly text: string }[];
}

type Attributes = Readonly<Record<string, unknown>>;

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

/** Reads the suite from the unpacked test cases. */
export function pathTests(folder: string): readonly PathTest[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    htmlEntities: true,
  });
  const document = parser.parse(readFileSync(join(folder, 'r4/fhirpath/tests-fhir-r4.xml'), 'utf8')) as {
    readonly tests: { readonly group: readonly Attributes[] };
  };
  const inputs = new Map<string, Json>();
  const input = (name: string): Json => {
    const known = inputs.get(name);
    if (known !== undefined) return known;
    const text = readFileSync(join(folder, 'r4', name), 'utf8');
    const value = name.endsWith('.xml') ? jsonOfXml(text) : (JSON.parse(text) as Json);
    inputs.set(name, value);
    return value;
  };
  return document.tests.group.flatMap((group) =>
    list(group['test'] as Attributes | readonly Attributes[]).map((each): PathTest => {
      const expression = each['expression'] as string | Attributes;
      const file = each['@inputfile'];
      return {
        name: String(each['@name']),
        expression: typeof expression === 'string' ? expression : String(expression['#text'] ?? ''),
        input: typeof file === 'string' ? input(file) : undefined,
        invalid: typeof expression === 'string' ? undefined : (expression['@invalid'] as string | undefined),
        predicate: each['@predicate'] === 'true',
        outputs: list(each['output'] as string | Attributes | readonly (string | Attributes)[]).map((output) =>
          typeof output === 'string' ? { type: '', text: output } : { type: String(output['@type'] ?? ''), text: String(output['#text'] ?? '') },
        ),
      };
    }),
  );
}

/** Is this what the suite expects? Dates and quantities are compared by their text. */
export function isExpected(items: readonly Json[], { outputs, predicate }: PathTest): boolean {
  const found = predicate ? [items.length > 0 && items[0] !== false] : items;
  if (found.length !== outputs.length) return false;
  return outputs.every(({ type, text }, i) => {
    const item = found[i];
    if (type === 'integer' || type === 'decimal') return typeof item === 'number' && item === Number(text);
    if (type === 'boolean') return item === (text === 'true');
    return typeof item === 'string' && item.replace(/^@T?/, '') === text.replace(/^@T?/, '');
  });
}
