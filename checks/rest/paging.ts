import { asArray, at, linkOf } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notReached, notTestable, pass, statusOf, warn, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { oneMember } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { alterType } from '../alter.ts';
import { group } from '../group.ts';
import { r4 } from '../sources.ts';
import { bundleIn, keyOf, matchesIn, pagesOf, repeatedIn, searchsets, unendedPages } from './bundles.ts';

const variant = 'paged';

function paged(evidence: Evidence): Finding {
  const pages = pagesOf(evidence, variant);
  const [first] = pages;
  const last = pages[pages.length - 1];
  if (!first || !last) return notReached(evidence, { step: 'search', variant });
  if (!bundleIn(first)) return notTestable(`The search to page through answered ${statusOf(first)}.`, 'payer');
  const broken = pages.find((page) => !bundleIn(page));
  if (broken) return fail(broken, 'a Bundle behind the next link', `status ${statusOf(broken)}`);
  const keys = pages.flatMap(matchesIn).map(keyOf);
  const total = at(bundleIn(first), 'total');
  const held = evidence.target.members[first.member ?? 'largeRecord']?.holds?.['Observation']?.length;
  const all = held ?? (typeof total === 'number' ? total : undefined);
  if (pages.length === 1 && linkOf(bundleIn(first), 'next') === undefined) {
    if (all !== undefined && keys.length < all) return warn(first, `a next link, as only ${keys.length} of ${all} came`, 'no next link');
    return notApplicable('The whole result came on one page.');
  }
  const twice = repeatedIn(pages);
  if (twice !== undefined) return fail(last, 'each match once over all pages', `${twice} more than once`);
  const next = linkOf(bundleIn(last), 'next');
  if (next !== undefined) {
    const loop = pages.some((page) => page.request.url === next);
    return loop ? fail(last, 'paging that ends', `a next link that leads back to ${next}`) : unendedPages(pages);
  }
  return check(all === undefined || keys.length === all, last, `all ${all} matches over all pages`, `${keys.length} on ${pages.length} pages`);
}

export const pagingChecks: readonly Check[] = group({ scenarios: oneMember, lines: ['L2', 'L5'] }, [
  {
    id: 'rest.search.paging',
    level: 'SHALL',
    text: 'Long results use Bundle.link next and paging ends without loss or duplicates.',
    source: r4('http.html#paging'),
    judge: paged,
    faults: [
      {
        name: 'sends a next link that leads to the same page',
        at: 'page',
        alter: alterType('Bundle', (body, { url }) => ({
          ...body,
          link: [...asArray(body['link']).filter((each) => at(each, 'relation') !== 'next'), { relation: 'next', url }],
        })),
      },
      {
        name: 'loses the last entry of each further page',
        at: 'page',
        alter: alterType('Bundle', (body) => ({ ...body, entry: asArray(body['entry']).slice(0, -1) })),
      },
      {
        name: 'repeats an entry on a further page',
        at: 'page',
        alter: alterType('Bundle', (body) => ({ ...body, entry: [...asArray(body['entry']).slice(1), ...asArray(body['entry']).slice(-1)] })),
      },
    ],
  },
  {
    id: 'rest.search.count-limit',
    level: 'SHALL',
    text: 'A page has no more matches than _count.',
    source: r4('search.html#count'),
    judge: (evidence) => {
      const all = pagesOf(evidence, variant);
      const pages = all.filter((page) => bundleIn(page) !== undefined);
      // Only the search itself says how many were asked for: the address of a further page is the payer's own.
      const asked = queryOf(all[0]?.request.url ?? '').find(([name]) => name === '_count')?.[1];
      if (pages.length === 0 || asked === undefined) return notReached(evidence, { step: 'search', variant });
      const within = (page: Exchange, count: number): Finding => {
        const matches = matchesIn(page).length;
        return matches <= count ? pass : fail(page, `at most ${count} matches on a page`, `${matches} matches`);
      };
      const others = searchsets(evidence).flatMap(([exchange]) => {
        const count = Number(queryOf(exchange.request.url).find(([name]) => name === '_count')?.[1]);
        return exchange.step !== 'page' && count > 0 ? [within(exchange, count)] : [];
      });
      return worst([...pages.map((page) => within(page, Number(asked))), ...others]);
    },
    faults: [{ name: 'ignores _count', at: ['search', 'page'], behaviour: 'ignores-count' }],
  },
]);
