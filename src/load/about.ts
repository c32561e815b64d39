import { asArray, asString, at, entriesOf, isObject, isResource, type Resource } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';

/** Is an answer about the member that was asked for? Pure: k6 asks it of every answer. */

const references = ['subject', 'patient', 'beneficiary', 'individual'] as const;

/** Resources of the answer that belong to somebody else: `Condition/c-1 of Patient/9`. None = all about `patientId`, as far as they say. */
export function strangersIn(body: Json | undefined, patientId: string): readonly string[] {
  const resources = isResource(body, 'Bundle')
    ? entriesOf(body).flatMap(({ resource }) => (resource ? [resource] : []))
    : isResource(body)
      ? [body]
      : // CDS Hooks answers carry resources in their actions.
        [
          asArray(at(body, 'systemActions')),
          asArray(at(body, 'cards')).flatMap((card) => asArray(at(card, 'suggestions')).flatMap((each) => asArray(at(each, 'actions')))),
        ]
          .flat()
          .flatMap((action) => [at(action, 'resource')].filter((resource) => isResource(resource)));
  return resources.flatMap((resource) => {
    const owner = ownerOf(resource);
    return owner === undefined || owner === patientId ? [] : [`${resource.resourceType}/${asString(resource['id']) ?? '?'} of Patient/${owner}`];
  });
}

/** Logical id of the Patient a resource is about; undefined when it names none. */
function ownerOf(resource: Resource): string | undefined {
  if (resource.resourceType === 'Patient') return asString(resource['id']);
  for (const name of references) {
    const named = resource[name];
    const id = isObject(named) ? patientIn(named['reference']) : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}

const patientIn = (reference: Json | undefined): string | undefined =>
  typeof reference === 'string' && reference.includes('Patient/')
    ? /(?:^|\/)Patient\/([^/]+)(?:\/_history\/[^/]+)?$/.exec(reference)?.[1]
    : undefined;
