import { maySee } from '../auth/authorize.ts';
import type { MockReply, MockRequest, Route } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { readCursor, searchsetReply } from './bundle.ts';
import { notOffered, unknownType } from './reading.ts';
import { isTrouble, type Pairs, type Trouble } from './search/query.ts';
import { type Guest, guarded, serves } from './serve.ts';
import type { Found } from './store.ts';

export const refuseParameter = ({ parameter, problem, code }: Trouble): MockReply =>
  outcome({ status: 400, code, text: problem, expression: `http.${parameter}` });

const isStrict = (request: MockRequest): boolean => /handling\s*=\s*strict/i.test(request.headers['prefer'] ?? '');

/** What rides along with the matches must be covered by the token too. */
const withinScope = ({ token, payer }: Guest, found: Found): Found => ({
  ...found,
  joined: (page) => found.joined(page).filter((each) => maySee(token, payer, each.resourceType)),
});

function answer(guest: Guest, pairs: Pairs): MockReply {
  const { request, payer, store } = guest;
  const { type = '' } = request.params;
  if (payer.declared.some(({ reads }) => reads?.includes(type))) return notOffered('search', type);
  if (!serves(payer, type)) return unknownType(type);
  if (!payer.rules.offers(type, 'search-type')) return notOffered('search', type);
  const found = store.search(type, payer.rules.understood(pairs), { strict: isStrict(request) });
  return isTrouble(found) ? refuseParameter(found) : searchsetReply(withinScope(guest, found), `${payer.origin}/fhir`);
}

function searchByPost(guest: Guest): MockReply {
  const media = (guest.request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (media !== 'application/x-www-form-urlencoded')
    return outcome({
      status: 415,
      code: 'not-supported',
      text: 'A search by POST takes its parameters as a form. Correct the Content-Type to application/x-www-form-urlencoded and send it again.',
      expression: 'http.Content-Type',
    });
  return answer(guest, [...guest.request.query, ...new URLSearchParams(guest.request.body)]);
}

/** Follows a next link. The search is held again, so what the asker may see is judged anew. */
function page(guest: Guest): MockReply {
  const { request, payer, store } = guest;
  if (!request.query.has('_getpages'))
    return outcome({
      status: 400,
      code: 'not-supported',
      text: `This is the FHIR base of the plan; it cannot be searched as a whole. Read ${payer.origin}/fhir/metadata, and search by type, for example Patient?_id=.`,
      expression: 'http.url',
    });
  const cursor = readCursor(request.query.get('_getpages') ?? '');
  if (!cursor)
    return outcome({
      status: 400,
      code: 'value',
      text: 'The paging link is not one of ours, or it was changed. Correct it by repeating the search and following its next link as it stands.',
      expression: 'http._getpages',
    });
  const found = store.search(cursor.type, cursor.pairs);
  return isTrouble(found) ? refuseParameter(found) : searchsetReply(withinScope(guest, found), `${payer.origin}/fhir`, cursor.offset);
}

const pagedType = ({ query }: MockRequest): string => readCursor(query.get('_getpages') ?? '')?.type ?? 'Patient';

export const searchRoutes: readonly Route[] = [
  { step: 'page', method: 'GET', path: '/fhir', handle: guarded('s', page, pagedType) },
  { step: 'search', method: 'GET', path: '/fhir/:type', handle: guarded('s', (guest) => answer(guest, [...guest.request.query])) },
  { step: 'search', method: 'POST', path: '/fhir/:type/_search', handle: guarded('s', searchByPost) },
];
