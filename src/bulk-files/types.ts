import { resourceTypes } from '../validation/definitions/resource-types.ts';

/** The type that a file's name promises, e.g. `Patient.ndjson`, `ExplanationOfBenefit-3.ndjson.gz`; undefined when it promises none. */
export function typeInName(name: string): string | undefined {
  const first = /^(?:\d+[._-])?([A-Z][A-Za-z]+)(?=[._-]|$)/.exec(name)?.[1];
  return first !== undefined && resourceTypes.has(first) ? first : undefined;
}
