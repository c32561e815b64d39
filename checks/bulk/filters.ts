import { asArray, asString, at, type Resource } from '../../src/core/fhir.ts';
import { queryOf } from '../../src/core/url.ts';
import { lastUpdatedOf } from './exports.ts';

/** Does a row fit the limits that a kick-off names? */

/** Days on which a claim was serviced, YYYY-MM-DD. */
export const daysOf = (row: Resource): readonly string[] =>
  [
    at(row, 'billablePeriod', 'start'),
    at(row, 'billablePeriod', 'end'),
    ...asArray(row['item']).flatMap((item) => [at(item, 'servicedDate'), at(item, 'servicedPeriod', 'start'), at(item, 'servicedPeriod', 'end')]),
  ].flatMap((each) => asString(each)?.slice(0, 10) ?? []);

/** Does a claim fit one of the service-date filters that the kick-off names? They are joined by or. A claim without a day fits none and breaks none. */
export function fitsFilters(row: Resource, url: string): boolean | undefined {
  const filters = queryOf(url).flatMap(([name, value]) =>
    name === '_typeFilter' ? [/^ExplanationOfBenefit\?service-date=(ge|le)(\S+)$/.exec(value)] : [],
  );
  const days = daysOf(row);
  if (days.length === 0 || filters.some((each) => each === null)) return undefined;
  return filters.some((each) => days.some((day) => (each?.[1] === 'ge' ? day >= (each[2] ?? '') : day <= (each?.[2] ?? ''))));
}
export const isOutside = (row: Resource, url: string): boolean => row.resourceType === 'ExplanationOfBenefit' && fitsFilters(row, url) === false;

export const untilOf = (url: string): string => queryOf(url).find(([name]) => name === '_until')?.[1] ?? '';
export const isLate = (row: Resource, url: string): boolean => Date.parse(lastUpdatedOf(row) ?? '') >= Date.parse(untilOf(url));
