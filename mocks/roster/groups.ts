import { searchsetReply } from '../fhir/bundle.ts';
import { find } from '../fhir/search/find.ts';
import { isTrouble, readQuery } from '../fhir/search/query.ts';
import { refuseParameter } from '../fhir/searching.ts';
import { type Guest, guarded } from '../fhir/serve.ts';
import type { MockReply, PayerState, Route } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';
import { groupFor, rosterMemory } from './store.ts';

/** Attribution lists: search and read. Source: http://hl7.org/fhir/us/davinci-atr/spec.html */

const group = () => 'Group';

export const noGroup = (id: string | undefined): MockReply =>
  outcome({
    status: 404,
    code: 'not-found',
    text: `There is no Group ${id} that you may see. Search Group with your NPI or TIN to find your attribution lists.`,
    expression: 'http.url',
  });

function read({ request, payer, token }: Guest): MockReply {
  const id = request.params['id'] ?? '';
  const found = groupFor(payer, id, token.organization);
  if (!found) return noGroup(id);
  const { versionId, lastUpdated } = found['meta'] as { readonly versionId: string; readonly lastUpdated: string };
  return fhir(payer.rules.listed(found, payer), 200, { etag: `W/"${versionId}"`, 'last-modified': new Date(lastUpdated).toUTCString() });
}

function search({ request, payer, token }: Guest): MockReply {
  const form = request.method === 'POST' ? [...new URLSearchParams(request.body)] : [];
  const query = readQuery('Group', [...request.query, ...form], {
    strict: /handling\s*=\s*strict/.test(request.headers['prefer'] ?? ''),
    base: `${payer.origin}/fhir`,
  });
  if (isTrouble(query)) return refuseParameter(query);
  const matches = payer.rules.searchGroups(
    find(listing(payer), query, (each) => groupFor(payer, each.id, token.organization) !== undefined),
    request,
    payer,
  );
  return searchsetReply({ query, matches, joined: () => [] }, `${payer.origin}/fhir`);
}

/** The data set with today's lists in place of the first ones. */
function listing(payer: PayerState) {
  const groups = [...rosterMemory(payer).values()].map(({ resource }) => resource);
  return {
    ...payer.data,
    byType: new Map([['Group', groups]]),
    resources: new Map(groups.map((each) => [`Group/${each.id}`, each])),
  };
}

export const groupRoutes: readonly Route[] = [
  { step: 'group.search', method: 'GET', path: '/fhir/Group', handle: guarded('s', search, group) },
  { step: 'group.search', method: 'POST', path: '/fhir/Group/_search', handle: guarded('s', search, group) },
  { step: 'group.read', method: 'GET', path: '/fhir/Group/:id', handle: guarded('r', read, group) },
];
