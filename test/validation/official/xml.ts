import { XMLParser } from 'fast-xml-parser';
import type { Json } from '../../../src/core/model.ts';
import { definitionsPrefix, r4Definitions, type SchemaNode } from '../../../src/validation/schema.ts';

type XmlNode = { readonly [name: string]: readonly XmlNode[] | { readonly [attribute: string]: string } };

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
});

/** The inputs of the official FHIRPath suite are XML: their JSON form, by the R4 schema. */
export function jsonOfXml(text: string): Json {
  const root = (parser.parse(text) as readonly XmlNode[]).find((each) => !nameOf(each).startsWith('?') && nameOf(each) !== '#comment');
  if (!root) throw new Error('The XML has no root element.');
  return resource(root);
}

const nameOf = (node: XmlNode): string => Object.keys(node).find((each) => each !== ':@') ?? '';
const childrenOf = (node: XmlNode): readonly XmlNode[] => (node[nameOf(node)] ?? []) as readonly XmlNode[];
const attributeOf = (node: XmlNode, name: string): string | undefined => (node[':@'] as Readonly<Record<string, string>> | undefined)?.[name];

const resource = (node: XmlNode): Json => ({ resourceType: nameOf(node), ...(element(node, r4Definitions()[nameOf(node)] ?? {}) as object) });

function element(node: XmlNode, { properties = {} }: SchemaNode): Json {
  const out: Record<string, Json> = {};
  for (const name of ['id', 'url']) {
    const value = attributeOf(node, name);
    if (value !== undefined) out[name] = value;
  }
  for (const child of childrenOf(node)) {
    const name = nameOf(child);
    if (name.startsWith('#')) continue;
    if (name === 'div') {
      out['div'] = '<div xmlns="http://www.w3.org/1999/xhtml">narrative</div>';
      continue;
    }
    const property = properties[name];
    const type = (property?.items?.$ref ?? property?.$ref ?? '').slice(definitionsPrefix.length);
    const definition = r4Definitions()[type] ?? {};
    const inner = childrenOf(child).find((each) => /^[A-Z]/.test(nameOf(each)));
    if (inner && (name === 'contained' || name === 'resource')) add(out, name, resource(inner), property?.items !== undefined);
    else if (definition.properties) add(out, name, element(child, definition), property?.items !== undefined);
    else primitive(out, name, child, type, property);
  }
  return out;
}

function primitive(out: Record<string, Json>, name: string, node: XmlNode, type: string, property: SchemaNode | undefined): void {
  const raw = attributeOf(node, 'value');
  const kind = property?.type ?? r4Definitions()[type]?.type;
  const value: Json = raw === undefined ? null : kind === 'number' ? Number(raw) : kind === 'boolean' ? raw === 'true' : raw;
  const beside = element(node, r4Definitions()['Element'] ?? {});
  const some = Object.keys(beside as object).length > 0;
  const list = property?.items !== undefined;
  const before = Array.isArray(out[name]) ? out[name].length : 0;
  if (raw !== undefined || list) add(out, name, value, list);
  if (!some) return;
  if (list) out[`_${name}`] = [...((out[`_${name}`] as readonly Json[] | undefined) ?? new Array<Json>(before).fill(null)), beside];
  else out[`_${name}`] = beside;
}

function add(out: Record<string, Json>, name: string, value: Json, list: boolean): void {
  if (list) out[name] = [...((out[name] as readonly Json[] | undefined) ?? []), value];
  else out[name] = value;
}
