import { enumErrata, patternErrata } from './definitions/errata.ts';
import { schemaText } from './packages/base.ts';

/** As much of JSON schema as the R4 schema uses. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly (string | null)[];
  readonly const?: string;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
}
export type Definitions = Readonly<Record<string, SchemaNode>>;

/** What a `$ref` of the schema starts with. */
export const definitionsPrefix = '#/definitions/';

let definitions: Definitions | undefined;

/** The R4 JSON schema by definition, corrected where it is known to be wrong (errata.ts). Three that it refers to are missing there, and added. */
export function r4Definitions(): Definitions {
  if (definitions) return definitions;
  const read = (JSON.parse(schemaText()) as { readonly definitions: Definitions }).definitions;
  const complete = Object.entries(read).map(([name, node]) => [name, correct(opened(name, completeSiblings(node)), read)] as const);
  definitions = { ...Object.fromEntries(complete), Resource: { type: 'object' }, ResourceList: { type: 'object' }, integer64: { type: 'string' } };
  return definitions;
}

/** The published schema forgets the `_name` property of canonical elements: the specification has it for every primitive. */
function completeSiblings(node: SchemaNode): SchemaNode {
  const element: SchemaNode = { $ref: `${definitionsPrefix}Element` };
  const forgotten = Object.entries(node.properties ?? {}).flatMap(([name, { $ref, items }]) => {
    if (($ref ?? items?.$ref) !== `${definitionsPrefix}canonical`) return [];
    return [[`_${name}`, items ? { type: 'array', items: element } : element] as const];
  });
  return forgotten.length === 0 ? node : { ...node, properties: { ...Object.fromEntries(forgotten), ...node.properties } };
}

/** Without the lists of codes that R4 leaves open. */
function opened(type: string, node: SchemaNode): SchemaNode {
  const names = enumErrata.flatMap(({ element }) => (element.startsWith(`${type}.`) ? [element.slice(type.length + 1)] : []));
  if (names.length === 0) return node;
  return { ...node, properties: { ...node.properties, ...Object.fromEntries(names.map((name) => [name, { $ref: `${definitionsPrefix}code` }])) } };
}

const correctedPatterns = new Map(patternErrata.map(({ published, instead }) => [published, instead]));

const most = 2 ** 31 - 1;

/** Whole numbers: the published schema gives them a pattern, which JSON schema asks of texts only. Bounds: https://hl7.org/fhir/R4/datatypes.html#integer */
const wholes = new Map<string | undefined, SchemaNode>([
  ['^-?([0]|([1-9][0-9]*))$', { type: 'integer', minimum: -most - 1, maximum: most }],
  ['^[0]|([1-9][0-9]*)$', { type: 'integer', minimum: 0, maximum: most }],
  ['^[1-9][0-9]*$', { type: 'integer', minimum: 1, maximum: most }],
]);

/** Patterns as in errata.ts; and where a primitive repeats, null stands for a value that has extensions only (https://hl7.org/fhir/R4/json.html#null). */
function correct(published: SchemaNode, all: Definitions, listed = false): SchemaNode {
  const node = published.type === 'number' ? { ...published, ...wholes.get(published.pattern) } : published;
  const { $ref, pattern, items, properties, type } = node;
  const target = $ref === undefined ? undefined : all[$ref.slice(definitionsPrefix.length)];
  if (listed && target !== undefined && target.properties === undefined && target.type !== undefined) return correct(target, all, true);
  if (listed && $ref === `${definitionsPrefix}Element`) return { anyOf: [node, { type: 'null' }] };
  return {
    ...node,
    ...(pattern === undefined ? {} : { pattern: correctedPatterns.get(pattern) ?? pattern }),
    ...(listed && typeof type === 'string' && type !== 'object' ? { type: [type, 'null'] } : {}),
    ...(listed && node.enum ? { enum: [...node.enum, null] } : {}),
    ...(items ? { items: correct(items, all, true) } : {}),
    ...(properties ? { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, correct(each, all)])) } : {}),
  };
}
