import type { Json } from '../../core/model.ts';
import { isElement, listOf } from '../fhirpath/index.ts';

/** Does a resource bear the tag that says it is incomplete, as `_elements` and `_summary` make it? Source: https://hl7.org/fhir/R4/search.html#elements */
export function isSubset(value: Json): boolean {
  const meta = isElement(value) ? value['meta'] : undefined;
  return isElement(meta) && listOf(meta['tag']).some((tag) => isElement(tag) && tag['code'] === 'SUBSETTED');
}
