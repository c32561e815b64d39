import { asArray, asString, at, entriesOf, jsonOf, type Resource } from '../core/fhir.ts';
import { queryOf } from '../core/url.ts';
import type { Enricher } from './enricher.ts';

const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Words of all parts of all names. */
const wordsOf = (patient: Resource): readonly string[] =>
  asArray(patient['name'])
    .flatMap((name) =>
      ['family', 'given', 'prefix', 'suffix', 'text'].flatMap((part) => [at(name, part)].flat().flatMap((each) => asString(each) ?? [])),
    )
    .flatMap((part) => folded(part).split(/[^\p{L}\p{N}]+/u));

/**
 * Facts `search.named`, how many Patients a search by name brought, and `search.otherNames`, of how many of them no part of a name even begins with the letter that was asked for. How names are
 * matched beyond that is the payer's. It is seen here, since of what is stored the letters may be others.
 * Source: https://hl7.org/fhir/R4/search.html#string
 */
export const namesEnricher: Enricher = ({ step, request, response }) => {
  if (step !== 'search' || response?.status !== 200 || !/\/Patient\?/.test(request.url)) return {};
  const asked = queryOf(request.url).find(([name]) => name === 'name')?.[1];
  if (asked === undefined || asked === '') return {};
  const letter = folded(asked).slice(0, 1);
  const found = entriesOf(jsonOf(response)).flatMap(({ mode, resource }) =>
    resource?.resourceType === 'Patient' && mode !== 'include' ? [wordsOf(resource)] : [],
  );
  const others = found.filter((words) => words.length > 0 && !words.some((word) => word.startsWith(letter)));
  return { facts: { 'search.otherNames': others.length, 'search.named': found.length } };
};
