import type { Dataset, Made } from '../../fixtures/dataset.ts';

/** What this payer insists on when it gives out data; a behaviour replaces one rule. */
export const fhirRules = {
  /**
   * May this organization see the resource? `owner` is the Patient whose compartment it lies in, absent for shared resources.
   * A provider sees the members attributed to it, unless they opted out, and its own roster.
   */
  mayDisclose: (resource: Made, owner: string | undefined, organization: string, data: Dataset): boolean => {
    if (resource.resourceType === 'Group') return resource.id === `roster-${organization}`;
    if (owner === undefined) return true;
    return data.attribution.get(organization)?.has(owner) === true && !data.optedOut.has(owner);
  },
};

export const fhirBehaviours = {
  'discloses-every-member': { mayDisclose: () => true },
  'discloses-opted-out-members': {
    mayDisclose: (_resource: Made, owner: string | undefined, organization: string, data: Dataset) =>
      owner === undefined || data.attribution.get(organization)?.has(owner) === true,
  },
} satisfies Record<string, Partial<typeof fhirRules>>;
