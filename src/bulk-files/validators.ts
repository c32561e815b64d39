import { hiddenIssues } from '../validation/guard.ts';
import { createShapeGate } from '../validation/shape.ts';
import { createSoundReader } from '../validation/sound.ts';
import type { LineRules } from './lines.ts';

export interface ValidatorChoice {
  /** Validate against base R4 and the profiles that each resource claims; else the R4 schema alone. */
  readonly profiles: boolean;
  /** `id#version` of packages with those profiles. */
  readonly packages: readonly string[];
  /** Package cache; absent: the default. */
  readonly cache?: string;
}

/** What is said about one resource: the schema of its type (fast), or everything the profiles demand (ten to a hundred times slower). Throws when a package is not there. */
export async function lineValidator({ profiles, packages, cache }: ValidatorChoice): Promise<Pick<LineRules, 'sound' | 'validate'>> {
  if (profiles) {
    const { sharedValidator } = await import('../validation/shared.ts');
    const validator = sharedValidator({ packages, ...(cache === undefined ? {} : { cache }) });
    for (const why of validator.absent) throw new Error(why);
    return { validate: (_resource, text) => validator.validateText(text) };
  }
  const gate = createShapeGate();
  return { sound: createSoundReader(), validate: (resource, text) => [...hiddenIssues(text), ...gate.check(resource)] };
}
