import type { JsonObject } from '../../core/fhir.ts';
import { asArray, asString, isObject } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';

const elementKeys =
  /^(id|path|sliceName|min|max|base|contentReference|type|maxLength|mustSupport|slicing|isModifier|fixed[A-Z]\w*|pattern[A-Z]\w*|minValue[A-Z]\w*|maxValue[A-Z]\w*)$/;
const definitionKeys = [
  'resourceType',
  'url',
  'version',
  'name',
  'type',
  'kind',
  'abstract',
  'baseDefinition',
  'derivation',
  'fhirVersion',
  'context',
];
const maxValueSet = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet';

/** What the compiler and the terminology read of a conformance resource; the prose is most of its weight. Undefined for other resources. */
export function slim(resource: JsonObject): JsonObject | undefined {
  switch (resource['resourceType']) {
    case 'StructureDefinition':
      return slimDefinition(resource);
    case 'ValueSet':
      return { ...pick(resource, ['resourceType', 'url', 'version', 'compose']), ...slimExpansion(resource['expansion']) };
    case 'CodeSystem':
      return {
        ...pick(resource, ['resourceType', 'url', 'version', 'content', 'supplements', 'caseSensitive', 'valueSet']),
        concept: asArray(resource['concept']).map(slimConcept),
      };
    case 'ImplementationGuide':
      return pick(resource, ['resourceType', 'url', 'version', 'global']);
    default:
      return undefined;
  }
}

function slimDefinition(resource: JsonObject): JsonObject {
  const elements = asArray(isObject(resource['snapshot']) ? resource['snapshot']['element'] : undefined).filter(isObject);
  return { ...pick(resource, definitionKeys), ...(elements.length === 0 ? {} : { element: elements.map(slimElement) }) };
}

function slimElement(element: JsonObject): JsonObject {
  const out: Record<string, Json> = {};
  for (const key of Object.keys(element)) if (elementKeys.test(key)) out[key] = element[key] ?? null;
  out['type'] = asArray(element['type'])
    .filter(isObject)
    .map((type) => pick(type, ['code', 'profile', 'targetProfile', 'aggregation']));
  const constraint = asArray(element['constraint']).filter(isObject);
  if (constraint.length > 0) out['constraint'] = constraint.map((each) => pick(each, ['key', 'severity', 'human', 'expression']));
  const binding = element['binding'];
  if (isObject(binding)) {
    const max = asArray(binding['extension'])
      .filter(isObject)
      .find((each) => each['url'] === maxValueSet);
    const maxUrl = asString(max?.['valueCanonical']) ?? asString(max?.['valueUri']);
    out['binding'] = { ...pick(binding, ['strength', 'valueSet']), ...(maxUrl === undefined ? {} : { max: maxUrl }) };
  }
  return out;
}

function slimConcept(concept: Json): Json {
  if (!isObject(concept)) return {};
  const children = asArray(concept['concept']);
  const property = asArray(concept['property']);
  return {
    code: concept['code'] ?? '',
    ...(children.length === 0 ? {} : { concept: children.map(slimConcept) }),
    ...(property.length === 0 ? {} : { property }),
  };
}

function slimExpansion(expansion: Json | undefined): JsonObject {
  const contains = asArray(isObject(expansion) ? expansion['contains'] : undefined);
  return contains.length === 0 ? {} : { contains: contains.map(slimContains) };
}

function slimContains(entry: Json): Json {
  if (!isObject(entry)) return {};
  const children = asArray(entry['contains']);
  return { ...pick(entry, ['system', 'code', 'abstract']), ...(children.length === 0 ? {} : { contains: children.map(slimContains) }) };
}

function pick(from: JsonObject, keys: readonly string[]): JsonObject {
  const out: Record<string, Json> = {};
  for (const key of keys) {
    const value = from[key];
    if (value !== undefined) out[key] = value;
  }
  return out;
}
