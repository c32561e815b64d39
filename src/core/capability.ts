import type { Evidence } from './check.ts';
import { asArray, asString, at, isObject, isResource, type JsonObject, jsonOf, type Resource } from './fhir.ts';
import { select } from './findings.ts';
import type { Json } from './json.ts';
import { memo } from './memo.ts';

/** Reading what a payer declares. */

/** The payer's CapabilityStatement, from the first honest metadata answer that holds one. */
export const capabilityOf = memo((evidence: Evidence): Resource | undefined => {
  for (const exchange of select(evidence, { step: 'metadata' })) {
    const value = exchange.response?.status === 200 ? jsonOf(exchange.response) : undefined;
    if (isResource(value, 'CapabilityStatement')) return value;
  }
  return undefined;
});

/** Entries of `rest.resource` of the server's statement. */
export const resourcesOf = (capability: Resource | undefined): readonly JsonObject[] =>
  asArray(at(capability, 'rest'))
    .filter((rest) => at(rest, 'mode') !== 'client')
    .flatMap((rest) => asArray(at(rest, 'resource')))
    .filter(isObject);

export const resourceEntry = (capability: Resource | undefined, type: string): JsonObject | undefined =>
  resourcesOf(capability).find((each) => each['type'] === type);

/** Operations that are declared on a type (`undefined`: on the system) or for the whole server. */
const operationsOf = (capability: Resource, type: string | undefined): readonly Json[] => [
  ...(type === undefined ? [] : asArray(resourceEntry(capability, type)?.['operation'])),
  ...asArray(at(capability, 'rest')).flatMap((rest) => asArray(at(rest, 'operation'))),
];

/** Canonicals of operations whose name a server may choose itself; by `Type/name`, or by name on any type. */
const canonicals: Readonly<Record<string, readonly string[]>> = {
  'Patient/match': ['http://hl7.org/fhir/OperationDefinition/Patient-match'],
  'Patient/everything': ['http://hl7.org/fhir/OperationDefinition/Patient-everything'],
  'Patient/member-match': ['http://hl7.org/fhir/us/davinci-hrex/OperationDefinition/member-match'],
  'Patient/export': ['http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export'],
  'Group/export': ['http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export'],
  export: ['http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export'],
  'Group/davinci-data-export': ['http://hl7.org/fhir/us/davinci-atr/OperationDefinition/davinci-data-export'],
  'Group/provider-member-match': ['http://hl7.org/fhir/us/davinci-pdex/OperationDefinition/ProviderMemberMatch'],
  'DocumentReference/docref': ['http://hl7.org/fhir/us/core/OperationDefinition/docref'],
  'Measure/care-gaps': [
    'http://hl7.org/fhir/us/davinci-deqm/OperationDefinition/care-gaps',
    'http://hl7.org/fhir/uv/deqm/OperationDefinition/care-gaps',
  ],
};

/**
 * Is this operation in the statement? `type` undefined: on the system. By its exact name (with or without `$`, in any case) or its exact canonical; never by
 * the end of either, since `mdm-match` and `member-match` are other operations than `match`.
 */
export function hasOperation(capability: Resource, type: string | undefined, name: string): boolean {
  const wanted = plain(name);
  const known = canonicals[type === undefined ? wanted : `${type}/${wanted}`] ?? [];
  return operationsOf(capability, type).some((each) => {
    const definition = asString(at(each, 'definition'))?.split('|')[0] ?? '';
    return plain(asString(at(each, 'name')) ?? '') === wanted || known.includes(definition);
  });
}

const plain = (name: string): string => name.replace(/^\$/, '').toLowerCase();
