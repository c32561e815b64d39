import type { Dataset, Made } from '../../fixtures/dataset.ts';
import type { Json } from '../../src/core/model.ts';
import { fhirRules } from '../fhir/rules.ts';
import type { PayerState } from '../kernel/payer.ts';

type MayDisclose = typeof fhirRules.mayDisclose;

/** A leak for one kind of resource, or for one organization, and nothing else. */
const leak =
  (what: (resource: Made, organization: string) => boolean): MayDisclose =>
  (resource: Made, owner: string | undefined, organization: string, data: Dataset) =>
    what(resource, organization) || fhirRules.mayDisclose(resource, owner, organization, data);

/** Adds the members who opted out to the end of a list, as if they had never said no. */
function withOptedOut(group: Made, { data }: PayerState): Made {
  const members = (group['member'] ?? []) as readonly { readonly [key: string]: Json }[];
  const last = members.at(-1);
  const added = last === undefined ? [] : [...data.optedOut].map((id) => ({ ...last, entity: { reference: `Patient/${id}` } }));
  return { ...group, quantity: members.length + added.length, member: [...members, ...added] };
}

/** Ways to show members to those who may not see them. */
export const accessBehaviours = {
  'shows-foreign-patients': { mayDisclose: leak(({ resourceType }, organization) => organization === 'clinic-a' && resourceType === 'Patient') },
  'finds-foreign-observations': {
    mayDisclose: leak(({ resourceType }, organization) => organization === 'clinic-a' && resourceType === 'Observation'),
  },
  'finds-foreign-immunizations': {
    mayDisclose: leak(({ resourceType }, organization) => organization === 'clinic-a' && resourceType === 'Immunization'),
  },
  'shows-members-to-the-other-organization': { mayDisclose: leak((_, organization) => organization === 'clinic-b') },
  'lists-opted-out-members': { listed: withOptedOut },
} as const;
