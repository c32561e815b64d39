import type { Json } from '../../core/model.ts';
import { isElement, listOf } from '../fhirpath/values.ts';
import { type Context, report } from './context.ts';

/** Resources of a Bundle by fullUrl and by `Type/id`. */
export function bundleIndex(bundle: Json): ReadonlyMap<string, Json> {
  const index = new Map<string, Json>();
  for (const entry of isElement(bundle) ? listOf(bundle['entry']) : []) {
    if (!isElement(entry)) continue;
    const { fullUrl, resource } = entry;
    if (!isElement(resource)) continue;
    if (typeof fullUrl === 'string') index.set(fullUrl, resource);
    if (typeof resource['id'] === 'string') index.set(`${String(resource['resourceType'])}/${resource['id']}`, resource);
  }
  return index;
}

const restful = /^https?:\/\/.+\/([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

/** A fullUrl that looks like a RESTful address names the type and id of its resource (https://hl7.org/fhir/R4/bundle.html#bundle-unique). */
export function checkFullUrls(bundle: Json, at: Context): void {
  const entries = isElement(bundle) ? listOf(bundle['entry']) : [];
  entries.forEach((entry, i) => {
    if (!isElement(entry) || !isElement(entry['resource']) || typeof entry['fullUrl'] !== 'string') return;
    const { resourceType, id } = entry['resource'];
    if (!/^[A-Za-z][\w+.-]*:/.test(entry['fullUrl']))
      report(at, 'error', 'bundle.fullUrl', 'The fullUrl is an absolute URL, but this one is relative.', `entry[${i}]`);
    const match = restful.exec(entry['fullUrl']);
    if (!match || typeof id !== 'string') return;
    if (match[1] !== resourceType || match[2] !== id)
      report(
        at,
        'error',
        'bundle.fullUrl',
        `The fullUrl ends in ${match[1]}/${match[2]}, but the resource is ${String(resourceType)}/${id}.`,
        `entry[${i}]`,
      );
  });
}
