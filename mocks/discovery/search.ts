import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Listed } from './content.ts';

/** The search parameters that Plan-Net and NDH ask a directory for. Answers `undefined` to a parameter it does not know. */

type Test = (value: string, all: readonly Listed[]) => ((resource: Listed) => boolean) | undefined;

const codesOf = (value: Json | undefined): readonly { readonly system: string; readonly code: string }[] =>
  asArray(at(value, 'coding')).map((each) => ({ system: asString(at(each, 'system')) ?? '', code: asString(at(each, 'code')) ?? '' }));
const token = (wanted: string, found: { readonly system: string; readonly code: string }): boolean => {
  const [system, code] = wanted.includes('|') ? wanted.split('|') : [undefined, wanted];
  return found.code === code && (system === undefined || system === found.system);
};
const refersTo = (reference: Json | undefined, type: string, wanted: string): boolean => {
  const seen = asString(at(reference, 'reference')) ?? '';
  return seen === (wanted.includes('/') ? wanted.split('/').slice(-2).join('/') : `${type}/${wanted}`);
};
const startsWith = (resource: Listed, wanted: string): boolean => (asString(resource['name']) ?? '').toLowerCase().startsWith(wanted.toLowerCase());

/** `ge2020-01-01`; undefined when it is no date. */
function lastUpdated(value: string): ((resource: Listed) => boolean) | undefined {
  const [, prefix = 'eq', text = ''] = /^(eq|ne|gt|lt|ge|le)?(\d{4}(?:-\d{2}(?:-\d{2}(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)?)?)$/.exec(value) ?? [];
  const wanted = Date.parse(text);
  if (Number.isNaN(wanted)) return undefined;
  const compare: Readonly<Record<string, (seen: number) => boolean>> = {
    gt: (seen) => seen > wanted,
    ge: (seen) => seen >= wanted,
    lt: (seen) => seen < wanted,
    le: (seen) => seen <= wanted,
    eq: (seen) => seen === wanted,
    ne: (seen) => seen !== wanted,
  };
  return (resource) => compare[prefix]?.(Date.parse(asString(at(resource, 'meta', 'lastUpdated')) ?? '')) === true;
}

const common: Readonly<Record<string, Test>> = {
  _id: (value) => (resource) => value.split(',').includes(resource.id),
  _lastUpdated: lastUpdated,
  name: (value) => (resource) => startsWith(resource, value),
};

const parameters: Readonly<Record<Listed['resourceType'], Readonly<Record<string, Test>>>> = {
  Organization: {
    ...common,
    identifier: (value) => (resource) =>
      asArray(resource['identifier']).some((each) =>
        token(value, { system: asString(at(each, 'system')) ?? '', code: asString(at(each, 'value')) ?? '' }),
      ),
    type: (value) => (resource) => asArray(resource['type']).some((each) => codesOf(each).some((found) => token(value, found))),
    endpoint: (value) => (resource) => asArray(resource['endpoint']).some((each) => refersTo(each, 'Endpoint', value)),
  },
  Endpoint: {
    ...common,
    organization: (value) => (resource) => refersTo(resource['managingOrganization'], 'Organization', value),
    'organization.name': (value, all) => {
      const ids = all.filter((each) => each.resourceType === 'Organization' && startsWith(each, value)).map((each) => each.id);
      return (resource) => ids.some((id) => refersTo(resource['managingOrganization'], 'Organization', id));
    },
    'connection-type': (value) => (resource) =>
      token(value, {
        system: asString(at(resource, 'connectionType', 'system')) ?? '',
        code: asString(at(resource, 'connectionType', 'code')) ?? '',
      }),
    'usecase-type': (value) => (resource) =>
      asArray(resource['extension'])
        .filter((each) => asString(at(each, 'url'))?.endsWith('/base-ext-endpoint-usecase'))
        .flatMap((each) => asArray(at(each, 'extension')))
        .some((each) => codesOf(at(each, 'valueCodeableConcept')).some((found) => token(value, found))),
  },
};

export interface Hits {
  readonly matches: readonly Listed[];
  readonly included: readonly Listed[];
  /** Parameters that were understood, for the self link. */
  readonly applied: readonly (readonly [string, string])[];
}

/** A string names the parameter that cannot be read. */
export function searchListing(all: readonly Listed[], type: Listed['resourceType'], query: URLSearchParams): Hits | string {
  const applied: [string, string][] = [];
  let matches = all.filter((each) => each.resourceType === type);
  let included: readonly Listed[] = [];
  for (const [name, value] of query) {
    const known = parameters[type][name];
    if (!known && name.includes(':') && parameters[type][name.split(':')[0] ?? '']) return name;
    if (!known) continue;
    const test = known(value, all);
    if (!test) return name;
    applied.push([name, value]);
    matches = matches.filter(test);
  }
  for (const [name, value] of query) {
    const joined = name === '_include' ? include(all, matches, value) : name === '_revinclude' ? revinclude(all, matches, value) : undefined;
    if (!joined) continue;
    applied.push([name, value]);
    included = [...included, ...joined];
  }
  return { matches, included, applied };
}

const named = (all: readonly Listed[], references: readonly Json[]): readonly Listed[] =>
  all.filter((each) => references.some((reference) => refersTo(reference, each.resourceType, each.id)));

function include(all: readonly Listed[], matches: readonly Listed[], join: string): readonly Listed[] {
  if (join === 'Endpoint:organization')
    return named(
      all,
      matches.flatMap((each) => (each['managingOrganization'] ? [each['managingOrganization']] : [])),
    );
  return join === 'Organization:endpoint'
    ? named(
        all,
        matches.flatMap((each) => asArray(each['endpoint'])),
      )
    : [];
}

const revinclude = (all: readonly Listed[], matches: readonly Listed[], join: string): readonly Listed[] =>
  join === 'Endpoint:organization'
    ? all.filter(
        (each) => each.resourceType === 'Endpoint' && matches.some((match) => refersTo(each['managingOrganization'], 'Organization', match.id)),
      )
    : [];
