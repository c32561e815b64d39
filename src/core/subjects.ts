import type { Evidence } from './check.ts';
import type { Exchange } from './exchange.ts';
import { asArray, asString, at, entriesOf, isObject, isResource, jsonOf, literalReference, type Resource, requestJsonOf } from './fhir.ts';
import type { Json } from './json.ts';
import { baseIn, basesOf, ownReference } from './references.ts';
import { queryOf } from './url.ts';

/** Whom a request asked about, and whom its answer is about: one mechanism for every search, page, operation and read. */

/** Elements that say whom a resource is about. */
const subjects = ['subject', 'patient', 'beneficiary'] as const;

/** The request that a page goes back to; any other exchange is its own. */
function questionOf(exchange: Exchange, { exchanges }: Evidence): Exchange {
  let found = exchange;
  for (let hops = 0; found.step === 'page' && found.follows !== undefined && hops < 200; hops++) {
    const { follows } = found;
    found = exchanges[follows]?.index === follows ? (exchanges[follows] ?? found) : (exchanges.find((each) => each.index === follows) ?? found);
    if (found.index !== follows) break;
  }
  return found;
}

/** Filters of a request: those of the query and of a form body. */
export const parametersOf = ({ request }: Exchange): readonly (readonly [name: string, value: string])[] => [
  ...queryOf(request.url),
  ...(request.headers['content-type']?.includes('x-www-form-urlencoded') ? queryOf(`?${request.body ?? ''}`) : []),
];

/** Logical ids of the Patients that were asked about; undefined when the request is about nobody in particular. */
export function patientsAsked(exchange: Exchange, evidence: Evidence): readonly string[] | undefined {
  const { request, step } = questionOf(exchange, evidence);
  const path = request.url.split(/[?#]/)[0] ?? '';
  const [, inPath] = /\/Patient\/([A-Za-z0-9.-]{1,64})(?:\/\$everything)?$/.exec(path) ?? [];
  if (inPath !== undefined) return [inPath];
  const isSearch = step === 'search' || step === 'page';
  const named = isSearch && /\/Patient(\/_search)?$/.test(path) ? ['_id'] : subjects;
  const inQuery = parametersOf({ ...exchange, request }).flatMap(([name, value]) =>
    named.some((each) => name === each || name === `${each}:Patient`) ? [value] : [],
  );
  const inBody = asArray(at(requestJsonOf(request), 'parameter'))
    .filter((each) => step !== 'member-match' && subjects.some((name) => at(each, 'name') === name))
    .flatMap((each) => asString(at(each, 'valueId')) ?? asString(at(each, 'valueString')) ?? asString(at(each, 'valueReference', 'reference')) ?? []);
  const values = [...inQuery, ...inBody].flatMap((value) => value.split(','));
  const ids = values.flatMap((value) => (/^[A-Za-z0-9.-]{1,64}$/.test(value) ? [value] : (literalReference(value)?.replace(/^Patient\//, '') ?? [])));
  return ids.length === 0 || ids.length !== values.length || ids.some((id) => id.includes('/')) ? undefined : ids;
}

/** One resource of an answer, with the way in which it came. */
export interface Told {
  readonly resource: Resource;
  readonly mode?: string | undefined;
  /** Base of its fullUrl. */
  readonly base?: string | undefined;
}

/** Every resource of an answer: itself, the entries of a Bundle, and what Parameters hold. OperationOutcomes are no data. */
export function toldIn(value: Json | undefined, depth = 0): readonly Told[] {
  if (!isResource(value) || value.resourceType === 'OperationOutcome' || depth > 3) return [];
  if (value.resourceType === 'Bundle')
    return entriesOf(value).flatMap(({ resource, mode, fullUrl }) =>
      resource === undefined
        ? []
        : resource.resourceType === 'Bundle'
          ? toldIn(resource, depth + 1)
          : toldIn(resource, depth + 1).map((each) => ({ ...each, mode, base: baseIn(fullUrl) })),
    );
  if (value.resourceType === 'Parameters')
    return asArray(value['parameter']).flatMap((each) => (isObject(each) ? toldIn(each['resource'], depth + 1) : []));
  return [{ resource: value }];
}

/** Whom a resource says it is about, as written. */
const aboutAsWritten = (resource: Resource): readonly string[] =>
  subjects.flatMap((name) => {
    const reference = asString(at(resource, name, 'reference'));
    return reference !== undefined && /(^|\/)Patient\/[^/]+(\/_history\/[^/]+)?$/.test(reference) ? [reference] : [];
  });

export interface Stranger {
  readonly exchange: Exchange;
  /** `Observation/7`. */
  readonly what: string;
  /** `Patient/2`, or the reference to another server. */
  readonly about: string;
}

export interface Looked {
  /** Resources that say whom they are about. */
  readonly seen: number;
  readonly strangers: readonly Stranger[];
}

/**
 * Resources of an answer that are about somebody whom the request did not ask about. Another Patient may come along as subscriber, policy holder, payee or link of
 * the member's own resources; undefined when the request asked about nobody in particular, or brought no data.
 */
export function strangersIn(exchange: Exchange, evidence: Evidence): Looked | undefined {
  if ((exchange.response?.status ?? 0) !== 200) return undefined;
  const asked = patientsAsked(exchange, evidence);
  if (asked === undefined) return undefined;
  const told = toldIn(jsonOf(exchange.response));
  const bases = basesOf(evidence);
  const kin = new Set(told.flatMap(({ resource }) => kinOf(resource)));
  // Ids that differ in case alone are another row's matter, and nobody else's record.
  const own = new Set(asked.map((id) => `patient/${id.toLowerCase()}`));
  let seen = 0;
  const strangers = told.flatMap(({ resource, base }): readonly Stranger[] => {
    const what = `${resource.resourceType}/${asString(resource['id']) ?? '?'}`;
    if (resource.resourceType === 'Patient') {
      seen++;
      return own.has(what.toLowerCase()) || kin.has(what) ? [] : [{ exchange, what, about: 'itself' }];
    }
    const about = aboutAsWritten(resource);
    if (about.length > 0) seen++;
    const odd = about.find(
      (each) => !own.has((ownReference(each, base === undefined ? bases : [...bases, base]) ?? '').toLowerCase()) && !linked(each, kin),
    );
    return odd === undefined ? [] : [{ exchange, what, about: odd }];
  });
  return { seen, strangers };
}

/** A record that Patient.link joins to the member's is the member's, too. */
const linked = (reference: string, kin: ReadonlySet<string>): boolean => kin.has(`link:${literalReference(reference)}`);

function kinOf(resource: Resource): readonly string[] {
  const others = [at(resource, 'subscriber'), at(resource, 'policyHolder'), at(resource, 'payee', 'party')];
  const links = resource.resourceType === 'Patient' ? asArray(resource['link']).map((each) => at(each, 'other')) : [];
  const found = (all: readonly (Json | undefined)[]) => all.flatMap((each) => literalReference(at(each, 'reference')) ?? []);
  return [...found([...others, ...links]), ...found(links).map((each) => `link:${each}`)];
}
