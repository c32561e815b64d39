import { resourceTypes } from './resource-types.ts';

/** An absolute URI of any scheme. A date has a colon, too, but no scheme before it. */
export const isAbsolute = (uri: string): boolean => /^[A-Za-z][\w+.-]*:\S*$/.test(uri);

const relative = /^([A-Za-z]{1,64})\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

/** The type that a relative reference names, whether R4 has it or not. */
export const relativeType = (reference: string): string | undefined => relative.exec(reference)?.[1];

/**
 * What is wrong with a literal reference as it is written, wherever it leads: it is relative to the base of a FHIR service, absolute, or a fragment, and leads to a
 * FHIR resource. Source: https://hl7.org/fhir/R4/references-definitions.html#Reference.reference
 */
export function referenceProblem(reference: string): { readonly rule: 'reference.form' | 'reference.type'; readonly text: string } | undefined {
  if (reference.startsWith('#')) return undefined;
  const quoted = JSON.stringify(reference.slice(0, 120));
  const type = relativeType(reference);
  if (type === undefined ? isAbsolute(reference) : resourceTypes.has(type)) return undefined;
  if (type !== undefined) return { rule: 'reference.type', text: `${quoted}: ${type} is no resource type of R4` };
  return { rule: 'reference.form', text: `${quoted}; expected Type/id, an absolute URL, urn:uuid:, urn:oid: or #id` };
}
