import { asString, at, type Entry, entriesOf, isResource, jsonOf, linkOf, type Resource } from '../../src/core/fhir.ts';
import { notReached, notTestable, select, statusOf, unanswered } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Step, Variant } from '../../src/core/model.ts';
import { parseUrl, queryOf } from '../../src/core/url.ts';

/** Readings of search answers that several rows share. */

export const bundleIn = (exchange: Exchange): Resource | undefined => {
  const value = exchange.response?.status === 200 ? jsonOf(exchange.response) : undefined;
  return isResource(value, 'Bundle') ? value : undefined;
};

const searchSteps: ReadonlySet<Step> = new Set(['search', 'page', 'group.search', 'directory.organization', 'directory.endpoint']);

/** Where searches are answered: by the payer's FHIR server, attribution lists included, and by the directory, which is one as well. */
export const isSearch = ({ step, probe }: Exchange): boolean => searchSteps.has(step) && probe === undefined;

/** Honest search answers and pages that hold a searchset. */
export const searchsets = (evidence: Evidence): readonly (readonly [Exchange, Resource])[] =>
  evidence.exchanges.flatMap((exchange) => {
    if (!isSearch(exchange)) return [];
    const bundle = bundleIn(exchange);
    return bundle && at(bundle, 'type') === 'searchset' ? [[exchange, bundle] as const] : [];
  });

export const isOutcome = (entry: Entry): boolean => entry.mode === 'outcome' || entry.resource?.resourceType === 'OperationOutcome';

/** Entries that are matches: marked so, or not marked at all. */
export const matchesIn = (exchange: Exchange): readonly Entry[] =>
  entriesOf(bundleIn(exchange)).filter((entry) => entry.mode !== 'include' && !isOutcome(entry));

export const keyOf = (entry: Entry): string => `${entry.resource?.resourceType ?? '?'}/${asString(entry.resource?.['id']) ?? '?'}`;

/** A match that comes again on these pages. What has no type or id ("?") cannot be known again. */
export function repeatedIn(pages: readonly Exchange[]): string | undefined {
  const seen = new Set<string>();
  for (const key of pages.flatMap(matchesIn).map(keyOf)) {
    if (seen.has(key)) return key;
    if (!key.includes('?')) seen.add(key);
  }
  return undefined;
}

/** Our limit ended these pages. */
export const unendedPages = (pages: readonly Exchange[]): Finding =>
  notTestable(`We stopped after ${pages.length} pages of ${pages[0]?.request.url}; more follow (limits.pages).`, 'ours');

/** To a page of the same server that was not read yet: else it is the payer that ends the pages. */
const leadsOn = (next: string, pages: readonly Exchange[]): boolean =>
  [undefined, parseUrl(pages[0]?.request.url ?? '')?.origin].includes(parseUrl(next)?.origin) && !pages.some((page) => page.request.url === next);

/** Why what is not on these pages may stand elsewhere: one of them brought nothing, or our limit ended them. Undefined where they came to an end of the payer's. */
export function pagesUnread(pages: readonly Exchange[]): Finding | undefined {
  const next = linkOf(jsonOf(pages.at(-1)?.response), 'next');
  return pages.flatMap((page) => unanswered(page) ?? [])[0] ?? (next !== undefined && leadsOn(next, pages) ? unendedPages(pages) : undefined);
}

/** Forms that may come in several pages. */
export type Paged = Variant<'search'> & Variant<'page'>;

/** All pages of one variant, first to last. */
export const pagesOf = (evidence: Evidence, variant: Paged): readonly Exchange[] => [
  ...select(evidence, { step: 'search', variant }),
  ...select(evidence, { step: 'page', variant }),
];

/** What a question matched over all its pages; a finding when it did not get that far. */
export function matchedBy(evidence: Evidence, variant: Paged): readonly string[] | Finding {
  const pages = pagesOf(evidence, variant);
  if (pages.length === 0) return notReached(evidence, { step: 'search', variant });
  const broken = pages.find((page) => !bundleIn(page));
  const more = pagesUnread(pages);
  if (more) return more;
  if (broken) return notTestable(`${broken.request.method} ${broken.request.url} answered ${statusOf(broken)} without a Bundle.`, 'payer');
  const next = linkOf(jsonOf(pages.at(-1)?.response), 'next');
  if (next !== undefined) return notTestable(`The next link ${next} leads back or to another server (see rest.search.paging).`, 'payer');
  return [...new Set(pages.flatMap(matchesIn).map(keyOf))].sort();
}

export const isFinding = (value: readonly string[] | Finding): value is Finding => 'outcome' in value;

/** Names of the filters in a request, decoded, without modifier: those of the query and of a form body. */
export function filtersOf({ request }: Exchange): readonly string[] {
  const form = request.headers['content-type']?.includes('x-www-form-urlencoded') ? `?${request.body ?? ''}` : '';
  return [...queryOf(request.url), ...queryOf(form)]
    .map(([name]) => name)
    .filter((name) => !name.startsWith('_') || ['_id', '_lastUpdated'].includes(name));
}

/** `Type` of a search URL. */
export const searchedType = ({ request }: Exchange): string | undefined => /\/([A-Z][A-Za-z]+)(?:\/_search)?(?:\?|$)/.exec(request.url)?.[1];
