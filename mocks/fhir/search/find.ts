import type { Dataset, Made } from '../../../fixtures/dataset.ts';
import { asString, at } from '../../../src/core/fhir.ts';
import type { Json } from '../../../src/core/model.ts';
import { searchable } from './parameters.ts';
import type { Join, Query } from './query.ts';
import { fold, storedSpan, tokensOf, valuesOf } from './values.ts';

/** May this resource be shown to whoever asks? */
export type Visible = (resource: Made) => boolean;

/** The logical ids that `_id` means. */
export type IdsMeant = (asked: readonly string[], type: string, data: Dataset) => readonly string[];

const keyOf = (resource: Made): string => `${resource.resourceType}/${resource.id}`;

/** All matches in a stable order, before paging. */
export function find(data: Dataset, query: Query, visible: Visible, idsMeant: IdsMeant = (asked) => asked): readonly Made[] {
  const found = candidates(data, query, idsMeant).filter((resource) => visible(resource) && query.tests.every((test) => test(resource)));
  if (query.sort.length === 0) return found;
  const keyed = found.map((resource) => ({ resource, keys: query.sort.map(({ parameter }) => sortKey(valuesOf(resource, parameter)[0])) }));
  keyed.sort((a, b) => {
    for (const [index, { descending }] of query.sort.entries()) {
      const [left = '', right = ''] = [a.keys[index], b.keys[index]];
      if (left !== right) return (left < right ? -1 : 1) * (descending ? -1 : 1);
    }
    return 0;
  });
  return keyed.map(({ resource }) => resource);
}

function candidates(data: Dataset, { type, ids, patients }: Query, idsMeant: IdsMeant): readonly Made[] {
  if (ids) return [...new Set(idsMeant(ids, type, data))].flatMap((id) => data.resources.get(`${type}/${id}`) ?? []);
  const ofType = data.byPatient.get(type);
  if (patients && ofType) return [...new Set(patients)].flatMap((id) => ofType.get(id) ?? []);
  return data.byType.get(type) ?? [];
}

function sortKey(value: Json | undefined): string {
  if (value === undefined) return '';
  const span = storedSpan(value);
  if (span && Number.isFinite(span.from)) return new Date(span.from).toISOString();
  if (typeof value === 'string') return fold(value);
  return tokensOf(value)[0]?.code ?? asString(at(value, 'reference')) ?? '';
}

/** What `_include` and `_revinclude` add to these matches: each once, never a match again, never what may not be shown. */
export function joined(data: Dataset, query: Query, matches: readonly Made[], visible: Visible): readonly Made[] {
  const seen = new Set(matches.map(keyOf));
  const out: Made[] = [];
  const add = (resource: Made | undefined): void => {
    if (!resource || seen.has(keyOf(resource)) || !visible(resource)) return;
    seen.add(keyOf(resource));
    out.push(resource);
  };
  for (const join of query.include) {
    for (const match of matches) for (const reference of references(match, join)) add(data.resources.get(reference));
  }
  const matched = new Set(matches.map(keyOf));
  for (const join of query.revinclude) {
    for (const pool of pools(data, join.source, matches)) {
      for (const resource of pool) if (references(resource, join).some((reference) => matched.has(reference))) add(resource);
    }
  }
  return out;
}

/** Resources of a type that could refer to these matches: those of the same patients when the matches have owners. */
function pools(data: Dataset, type: string, matches: readonly Made[]): readonly (readonly Made[])[] {
  const owners = new Set(matches.map((match) => data.owner.get(keyOf(match))));
  if (owners.has(undefined)) return [data.byType.get(type) ?? []];
  const ofType = data.byPatient.get(type);
  return [...owners].map((owner) => ofType?.get(owner ?? '') ?? []);
}

function references(resource: Made, { parameter, target }: Join): readonly string[] {
  const known = searchable[resource.resourceType] ?? {};
  const wanted = parameter === undefined ? Object.values(known).filter((each) => each.kind === 'reference') : [known[parameter]];
  return wanted
    .flatMap((each) => (each ? valuesOf(resource, each) : []))
    .flatMap((value) => asString(at(value, 'reference')) ?? [])
    .filter((reference) => target === undefined || reference.startsWith(`${target}/`));
}
