import { asArray, asString, isObject, type JsonObject } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';

/** The target file, property by property, read out of its schema: for docs/target.md and `payer-assay explain target.PROPERTY`. Pure. */

/** One property. `[]` in its path stands for the entries of a list, `*` for a name of the operator's own choice. */
export interface Property {
  readonly path: string;
  /** Path of what it is directly in; empty at the top. Names of guides and statements hold dots themselves. */
  readonly parent: string;
  /** What it may hold: `text`, `number`, `"off" or "local"`, `list of text` ... */
  readonly holds: string;
  readonly required: boolean;
  readonly description: string;
  /** The definition whose properties follow, and the one that this belongs to: the page tells each once. */
  readonly opens?: string;
  readonly within?: string;
}

type Schema = JsonObject;

/** Every property of the schema, parents before children, in the order of the schema. A definition is unfolded where it is used. */
export function propertiesOf(schema: Json): readonly Property[] {
  if (!isObject(schema)) return [];
  const found = new Map<string, Property>();
  const add = (property: Property): void => {
    const before = found.get(property.path);
    // The forms of `auth` share names: one entry, with what each form says.
    if (before === undefined) found.set(property.path, property);
    else found.set(property.path, joined(before, property));
  };
  const walk = (node: Schema, path: string, within?: string): void => {
    for (const form of formsOf(schema, node)) {
      const required = asArray(form['required']);
      for (const [name, raw] of Object.entries(isObject(form['properties']) ? form['properties'] : {})) {
        if (!isObject(raw)) continue;
        const child = resolved(schema, raw);
        const at = path === '' ? name : `${path}.${name}`;
        const opens = isObject(child['properties']) ? nameOf(raw) : undefined;
        add({
          ...{
            path: at,
            parent: path,
            holds: holdsOf(schema, child),
            required: required.includes(name),
            description: asString(child['description']) ?? '',
          },
          ...(opens === undefined ? {} : { opens }),
          ...(within === undefined ? {} : { within }),
        });
        walk(child, at, opens ?? within);
      }
      if (isObject(form['items'])) walk(resolved(schema, form['items']), `${path}[]`, within);
    }
  };
  walk(schema, '');
  return [...found.values()];
}

const joined = (a: Property, b: Property): Property => ({
  ...a,
  holds: a.holds === b.holds ? a.holds : `${a.holds}, or ${b.holds}`,
  description: a.description === b.description ? a.description : `${a.description} ${b.description}`,
});

const nameOf = (node: Schema): string | undefined => asString(node['$ref'])?.split('/').at(-1);

/** A reference and what stands beside it: its own description wins. */
function resolved(schema: Schema, node: Schema): Schema {
  const name = nameOf(node);
  const definitions = schema['definitions'];
  const definition = name !== undefined && isObject(definitions) ? definitions[name] : undefined;
  return isObject(definition) ? { ...definition, ...node } : node;
}

/** The named parts that several properties share, each with its own properties. */
export const definitionsOf = (schema: Json): readonly (readonly [name: string, about: string, properties: readonly Property[]])[] =>
  !isObject(schema) || !isObject(schema['definitions'])
    ? []
    : Object.entries(schema['definitions']).flatMap(([name, node]) =>
        isObject(node) && isObject(node['properties'])
          ? [[name, asString(node['description']) ?? '', propertiesOf({ ...node, definitions: schema['definitions'] ?? {} })] as const]
          : [],
      );

const formsOf = (schema: Schema, node: Schema): readonly Schema[] => [
  node,
  ...[...asArray(node['oneOf']), ...asArray(node['anyOf'])].filter(isObject).map((each) => resolved(schema, each)),
];

const words: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'whole number',
  number: 'number',
  object: 'object',
};

function holdsOf(schema: Schema, node: Schema): string {
  const forms = [...asArray(node['oneOf']), ...asArray(node['anyOf'])].filter(isObject);
  if (forms.length > 0) return [...new Set(forms.map((each) => holdsOf(schema, resolved(schema, each))))].join(', or ');
  if (node['const'] !== undefined) return JSON.stringify(node['const']);
  if (node['enum'] !== undefined)
    return asArray(node['enum'])
      .map((each) => JSON.stringify(each))
      .join(', ');
  if (node['type'] === 'array') return `list of ${isObject(node['items']) ? holdsOf(schema, resolved(schema, node['items'])) : 'anything'}`;
  const rest = node['additionalProperties'];
  if (isObject(rest) && node['properties'] === undefined) return `${holdsOf(schema, resolved(schema, rest))} by name`;
  const names = [node['type'] ?? 'object'].flat().map((each) => words[String(each)] ?? String(each));
  return `${names.join(' or ')}${limitsOf(node)}`;
}

function limitsOf(node: Schema): string {
  if (node['format'] !== undefined) return ` (${String(node['format'])})`;
  const from = node['minimum'] ?? (node['exclusiveMinimum'] === undefined ? undefined : `above ${String(node['exclusiveMinimum'])}`);
  const to = node['maximum'];
  if (typeof from === 'number') return to === undefined ? ` from ${from}` : ` from ${from} to ${String(to)}`;
  return from === undefined ? '' : ` ${String(from)}`;
}
