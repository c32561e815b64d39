import type { Dataset, Made } from '../../fixtures/dataset.ts';
import type { Json } from '../../src/core/model.ts';
import type { Pairs } from './search/query.ts';

export type Interaction = 'read' | 'vread' | 'search-type';
export const interactions: readonly Interaction[] = ['read', 'vread', 'search-type'];

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
  /** What CapabilityStatement.rest.security says. */
  security: (): Json => ({
    cors: true,
    service: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR', display: 'SMART-on-FHIR' }],
        text: 'OAuth2 with SMART Backend Services (see .well-known/smart-configuration)',
      },
    ],
    description: 'SMART Backend Services: client_credentials with private_key_jwt.',
  }),
  /** Does this payer offer the interaction for resources of the type? */
  offers: (_type: string, _interaction: Interaction): boolean => true,
  /** Matches on a page when this many are asked for. */
  pageSize: (asked: number): number => Math.min(asked, 200),
  /** Does a search for no match at all (_count=0) ask for the number alone? */
  countsOnly: (): boolean => true,
  /** Is the version that is kept the one that was asked for? */
  isVersion: (kept: Json | undefined, asked: string): boolean => kept === asked,
  /** What a search is taken to ask for. */
  understood: (pairs: Pairs): Pairs => pairs,
  /** Ids are matched exactly, case included. */
  idsMeant: (asked: readonly string[], _type: string, _data: Dataset): readonly string[] => asked,
  /** Does the client hold this version already? */
  isUnchanged: (ifNoneMatch: string, etag: string): boolean =>
    ifNoneMatch === '*' || ifNoneMatch.split(',').some((each) => each.trim().replace(/^W\//, '') === etag.replace(/^W\//, '')),
};

/** Takes values of a search for others. */
const eachValue =
  (read: (name: string, value: string) => string) =>
  (pairs: Pairs): Pairs =>
    pairs.map(([name, value]) => [name, read(name, value)] as const);

export const fhirBehaviours = {
  'discloses-every-member': { mayDisclose: () => true },
  'discloses-opted-out-members': {
    mayDisclose: (_resource: Made, owner: string | undefined, organization: string, data: Dataset) =>
      owner === undefined || data.attribution.get(organization)?.has(owner) === true,
  },
  'ignores-count': { pageSize: () => 50 },
  'takes-no-count-for-no-limit': { countsOnly: () => false },
  'gives-any-version': { isVersion: () => true },
  'ignores-case-of-ids': {
    idsMeant: (asked: readonly string[], type: string, data: Dataset) => {
      const wanted = new Set(asked.map((id) => id.toLowerCase()));
      return (data.byType.get(type) ?? []).map((each) => each.id).filter((id) => wanted.has(id.toLowerCase()));
    },
  },
  'ignores-token-systems': { understood: eachValue((name, value) => (name === 'category' ? (value.split('|').pop() ?? '') : value)) },
  'takes-lt-for-le': { understood: eachValue((name, value) => (name === 'date' ? value.replace(/^lt/, 'le') : value)) },
  'finds-everybody-by-name': { understood: (pairs: Pairs) => pairs.filter(([name]) => name !== 'name') },
  // legal peculiarities
  'pages-by-seven': { pageSize: (asked: number) => Math.min(asked, 7) },
  'never-answers-304': { isUnchanged: () => false },
} satisfies Record<string, Partial<typeof fhirRules>>;
