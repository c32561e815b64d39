import { readFileSync } from 'node:fs';
import { definitionFile } from './packages/base.ts';

/** As much of JSON schema as the R4 schema uses. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
}
export type Definitions = Readonly<Record<string, SchemaNode>>;

/** What a `$ref` of the schema starts with. */
export const definitionsPrefix = '#/definitions/';

let definitions: Definitions | undefined;

/** The R4 JSON schema by definition. Three that it refers to are missing there, and added. */
export function r4Definitions(): Definitions {
  if (definitions) return definitions;
  const read = (JSON.parse(readFileSync(definitionFile('fhir.schema.json'), 'utf8')) as { readonly definitions: Definitions }).definitions;
  const complete = Object.entries(read).map(([name, node]) => [name, completePrimitives(node)] as const);
  definitions = { ...Object.fromEntries(complete), Resource: { type: 'object' }, ResourceList: { type: 'object' }, integer64: { type: 'string' } };
  return definitions;
}

/** The published schema forgets the `_name` property of canonical elements: the specification has it for every primitive. */
function completePrimitives(node: SchemaNode): SchemaNode {
  const element: SchemaNode = { $ref: `${definitionsPrefix}Element` };
  const forgotten = Object.entries(node.properties ?? {}).flatMap(([name, { $ref, items }]) => {
    if (($ref ?? items?.$ref) !== `${definitionsPrefix}canonical`) return [];
    return [[`_${name}`, items ? { type: 'array', items: element } : element] as const];
  });
  return forgotten.length === 0 ? node : { ...node, properties: { ...Object.fromEntries(forgotten), ...node.properties } };
}
