import { asArray, asObject, asString, at, type JsonObject, parseJson } from '../../core/fhir.ts';
import type { Exchange, Json } from '../../core/model.ts';
import type { Provider } from '../provider.ts';

/** What exports are asked with: taken from what the payer declares and sent before, never from what our own data hold. */

/**
 * `_type` of an export: those of the wanted types that the CapabilityStatement declares. All of them where it declares none (it may say nothing of
 * exports); undefined where the payer takes no `_type`.
 */
export function exportTypes(provider: Provider, ...wanted: readonly string[]): string | undefined {
  if (provider.known.notes['bulk.untyped'] === true) return undefined;
  const left = wanted.filter((type) => servedTypes(provider).has(type));
  return (left.length === 0 ? wanted : left).join(',');
}

/**
 * Types with an interaction in the CapabilityStatement. A server that exports and does nothing else lists Patient and Group for their operations, and what it
 * exports nowhere.
 */
export function servedTypes({ known }: Provider): ReadonlySet<string> {
  const listed = asArray(at(known.capability, 'rest')).flatMap((rest) => asArray(at(rest, 'resource')));
  return new Set(listed.filter((each) => asArray(at(each, 'interaction')).length > 0).flatMap((each) => asString(at(each, 'type')) ?? []));
}

/** Two or more types that an earlier export of this run brought; before one ran, what the payer seems to have. */
export function exportedTypes(provider: Provider): readonly string[] {
  const seen = texts(provider.known.notes['bulk.types']);
  return seen.length > 1 ? seen.slice(0, 2) : (exportTypes(provider, 'Patient', 'Coverage')?.split(',') ?? []);
}

/** Can rows of a type be filtered by this search parameter? Yes where the CapabilityStatement lists it, or lists none for the type: then nothing is known. */
export function takesFilter({ known }: Provider, type: string, parameter: string): boolean {
  const listed = asArray(at(known.capability, 'rest'))
    .flatMap((rest) => asArray(at(rest, 'resource')))
    .filter((each) => at(each, 'type') === type)
    .flatMap((each) => asArray(at(each, 'searchParam')));
  return listed.length === 0 || listed.some((each) => at(each, 'name') === parameter);
}

const rowsIn = (files: readonly Exchange[]): readonly JsonObject[] =>
  files
    .filter(({ response, facts }) => response?.status === 200 && facts?.['file.kind'] === 'output')
    .flatMap(({ response }) => (response?.body ?? '').split('\n').map((line) => asObject(parseJson(line))));

/** Notes what the rows of an export offer to ask for: types, service days of claims, and when rows were changed. */
export function noteRows({ known }: Provider, files: readonly Exchange[]): void {
  const rows = rowsIn(files);
  const days = rows
    .filter((row) => row['resourceType'] === 'ExplanationOfBenefit')
    .flatMap((row) => asString(at(row, 'billablePeriod', 'start'))?.slice(0, 10) ?? []);
  const updated = rows.flatMap((row) => asString(at(row, 'meta', 'lastUpdated')) ?? []);
  known.notes['bulk.types'] = [...new Set(rows.flatMap((row) => asString(row['resourceType']) ?? []))].sort();
  known.notes['bulk.days'] = [...new Set(days)].sort();
  known.notes['bulk.updated'] = [...new Set(updated)].sort((a, b) => Date.parse(a) - Date.parse(b));
}

const texts = (value: Json | undefined): readonly string[] => asArray(value).flatMap((each) => asString(each) ?? []);

/** Two filters that the first and the last claim fit, and those between them do not. Without such claims: dates that say little, and a judge that knows it. */
export function serviceFilters({ known }: Provider): readonly [string, string] {
  const days = texts(known.notes['bulk.days']);
  const [first = '2018-12-31', last = '2024-01-01'] = [days[0], days.at(-1)];
  return [`ExplanationOfBenefit?service-date=ge${last}`, `ExplanationOfBenefit?service-date=le${first}`];
}

/** An instant before which some rows were changed and others not. */
export function middleInstant({ known }: Provider): string {
  const updated = texts(known.notes['bulk.updated']);
  return updated[updated.length >> 1] ?? '2024-01-01T00:00:00Z';
}

/** The URL of a file that does not exist: what is long and opaque in its path is spoilt, whatever stands behind it. */
export function spoiltUrl(url: string): string {
  const [, head = '', path = '', rest = ''] = /^([a-z]+:\/\/[^/?#]*)([^?#]*)(.*)$/i.exec(url) ?? [];
  const segments = path.split('/');
  const longest = segments.reduce((best, each, nth) => (each.length > (segments[best]?.length ?? 0) ? nth : best), 0);
  return `${head}${segments.map((each, nth) => (nth === longest ? `${each}-no-such-file` : each)).join('/')}${rest}`;
}
