import type { Made } from '../../fixtures/dataset.ts';
import type { PayerState } from '../kernel/payer.ts';
import { find, joined } from './search/find.ts';
import { isTrouble, type Pairs, type Query, readQuery, type Trouble } from './search/query.ts';

/** What a search found for one asker. */
export interface Found {
  readonly query: Query;
  /** All matches, in a stable order, before paging. */
  readonly matches: readonly Made[];
  /** What `_include` and `_revinclude` add to a page of matches. */
  joined(page: readonly Made[]): readonly Made[];
}

/** The payer's data as one organization may see them. */
export interface Store {
  /** The resource, or undefined when there is none or it may not be shown: the asker cannot tell which. */
  read(type: string, id: string): Made | undefined;
  /** Trouble when a parameter cannot be used. Unknown parameters are ignored unless `strict`. */
  search(type: string, parameters: Pairs | Readonly<Record<string, string>>, options?: { readonly strict?: boolean }): Found | Trouble;
  /** Everything in one member's compartment, Patient first; empty when the member may not be shown. */
  compartment(patientId: string): readonly Made[];
  visible(resource: Made): boolean;
}

export function storeFor(payer: PayerState, organization: string): Store {
  const { data, rules } = payer;
  const visible = (resource: Made): boolean =>
    rules.mayDisclose(resource, data.owner.get(`${resource.resourceType}/${resource.id}`), organization, data);
  const read = (type: string, id: string): Made | undefined => {
    const resource = data.resources.get(`${type}/${id}`);
    return resource && visible(resource) ? resource : undefined;
  };
  return {
    read,
    visible,
    search(type, parameters, { strict = false } = {}) {
      const pairs = Array.isArray(parameters) ? (parameters as Pairs) : Object.entries(parameters as Record<string, string>);
      const query = readQuery(type, pairs, { strict, base: `${payer.origin}/fhir`, pageSize: rules.pageSize, countsOnly: rules.countsOnly() });
      if (isTrouble(query)) return query;
      const matches = find(data, query, visible, rules.idsMeant);
      return { query, matches, joined: (page) => joined(data, query, page, visible) };
    },
    compartment(patientId) {
      const patient = read('Patient', patientId);
      if (!patient) return [];
      const others = [...data.byPatient].flatMap(([type, ofType]) => (type === 'Patient' ? [] : (ofType.get(patientId) ?? [])));
      return [patient, ...others.filter(visible)];
    },
  };
}

const texts = new WeakMap<Made, string>();

/** A resource as JSON text, made once: most of what a payer does is send the same resources again. */
export function textOf(resource: Made): string {
  let text = texts.get(resource);
  if (text === undefined) {
    text = JSON.stringify(resource);
    texts.set(resource, text);
  }
  return text;
}
