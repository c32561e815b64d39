import type { Resource } from '../core/fhir.ts';
import type { Issue } from '../core/model.ts';
import { createShapeGate } from '../validation/shape.ts';
import { sharedValidator } from '../validation/shared.ts';

export interface ValidatorChoice {
  /** Validate against base R4 and the profiles that each resource claims; else the R4 schema alone. */
  readonly profiles: boolean;
  /** `id#version` of packages with those profiles. */
  readonly packages: readonly string[];
  /** Package cache; absent: the default. */
  readonly cache?: string;
}

/** What is said about one resource: the schema of its type (fast), or everything the profiles demand (ten to a hundred times slower). Throws when a package is not there. */
export function lineValidator({ profiles, packages, cache }: ValidatorChoice): (resource: Resource, text: string) => readonly Issue[] {
  if (profiles) {
    const validator = sharedValidator({ packages, ...(cache === undefined ? {} : { cache }) });
    for (const why of validator.absent) throw new Error(why);
    return (_resource, text) => validator.validateText(text);
  }
  const gate = createShapeGate();
  return (resource) => gate.check(resource);
}
