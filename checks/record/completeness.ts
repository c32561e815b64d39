import { asString, type Resource } from '../../src/core/fhir.ts';

/** One resource type of a record against what the operator knows: ids, each once. */
export interface TypeCompared {
  readonly type: string;
  /** How many the operator knows of, and how many different ones came. */
  readonly known: number;
  readonly seen: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/**
 * A record against ids per type (`members.known.holds`), in the operator's order. Types that the operator does not list are left out: nothing is known
 * of them, and what supports a record (practitioners, places) is nobody's own. Binary is left out because $everything need not carry bytes.
 */
export function completeness(resources: readonly Resource[], holds: Readonly<{ [type: string]: readonly string[] }>): readonly TypeCompared[] {
  return Object.entries(holds).flatMap(([type, ids]) => {
    if (type === 'Binary') return [];
    const wanted = new Set(ids);
    const seen = new Set(resources.flatMap((each) => (each.resourceType === type ? [asString(each['id']) ?? ''] : [])));
    const missing = [...wanted].filter((id) => !seen.has(id));
    const extra = [...seen].filter((id) => !wanted.has(id));
    return [{ type, known: wanted.size, seen: seen.size, missing, extra }];
  });
}
