import { asArray, at, isObject } from '../../src/core/fhir.ts';
import { alterType, both, change, headers, instead, mapEntries, refuse, when, without } from '../alter.ts';
import type { Variation } from '../area.ts';
import { plainCondition } from './searching.ts';

const searchset = (change: Parameters<typeof alterType>[1]) => alterType('Bundle', change);
const hint = {
  resource: {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', details: { text: 'Older results are kept elsewhere.' } }],
  },
  search: { mode: 'outcome' },
};

/** Ways in which an honest payer may differ in how it reads and searches. */
export const restVariations: readonly Variation[] = [
  { name: 'sends no Last-Modified', at: 'read', alter: headers({ 'last-modified': undefined }) },
  { name: 'sends no cache headers', at: ['read', 'search', 'page'], alter: headers({ 'cache-control': undefined }) },
  { name: 'labels FHIR JSON without a charset', at: ['read', 'search', 'page'], alter: headers({ 'content-type': 'application/fhir+json' }) },
  {
    name: 'writes the charset in capitals',
    at: ['read', 'search', 'page'],
    alter: headers({ 'content-type': 'application/fhir+json;charset=UTF-8' }),
  },
  { name: 'sends the full resource although it is unchanged', at: 'read', behaviour: 'never-answers-304' },
  {
    name: 'forgets deleted resources',
    at: 'read',
    alter: when(
      (_request, { status }) => status === 410,
      refuse(404, 'not-found', 'No resource with this id is available to you. Correct the id and try again.'),
    ),
  },
  {
    // Who asks for no entry asks for the total.
    name: 'gives no total',
    at: ['search', 'page'],
    alter: when(
      ({ url }) => !/_count=0\b/.test(url),
      searchset((body) => without(body, 'total')),
    ),
  },
  { name: 'gives Bundles no id and no stamp', at: ['search', 'page'], alter: searchset((body) => without(body, 'id', 'meta')) },
  {
    name: 'leaves out search.mode on plain matches',
    at: ['search', 'page'],
    alter: when(
      ({ url }) => !/include/.test(url),
      searchset((body) => mapEntries(body, (entry) => (at(entry, 'search', 'mode') === 'match' ? without(entry, 'search') : entry))),
    ),
  },
  {
    name: 'adds search.score',
    at: ['search', 'page'],
    alter: searchset((body) =>
      mapEntries(body, (entry) => ({ ...entry, search: { ...(isObject(entry['search']) ? entry['search'] : {}), score: 1 } })),
    ),
  },
  {
    name: 'lists the entries of a page in another order',
    at: ['search', 'page'],
    alter: searchset((body) => ({ ...body, ...(body['entry'] === undefined ? {} : { entry: [...asArray(body['entry'])].reverse() }) })),
  },
  { name: 'adds a hint to each searchset', at: 'search', alter: searchset((body) => ({ ...body, entry: [...asArray(body['entry']), hint] })) },
  {
    name: 'adds first and last links',
    at: ['search', 'page'],
    alter: searchset((body, { url }) => ({ ...body, link: [...asArray(body['link']), { relation: 'first', url }, { relation: 'last', url }] })),
  },
  {
    name: 'writes the self link in another order and adds paging state',
    at: 'search',
    alter: searchset((body) => ({ ...body, link: asArray(body['link']).map((each) => (at(each, 'relation') === 'self' ? reordered(each) : each)) })),
  },
  { name: 'pages by fewer than asked', at: ['search', 'page'], behaviour: 'pages-by-seven' },
  {
    name: 'refuses unknown ids with 404 and another wording',
    at: 'read',
    alter: when(
      (_request, { status }) => status === 404,
      refuse(404, 'not-found', 'The Patient that was asked for is not known. Correct the id in the URL.'),
    ),
  },
  {
    name: 'refuses an unsupported type with 400',
    at: 'search',
    alter: when(
      ({ url }) => url.includes('NoSuchType'),
      refuse(400, 'not-supported', 'The resource type NoSuchType is not supported. Correct the URL.'),
    ),
  },
  {
    name: 'insists on a status for Conditions',
    at: ['search', 'metadata'],
    alter: both(
      when(plainCondition, refuse(400, 'required', 'The search parameter clinical-status is missing. Add it and search again.')),
      (response) =>
        response.body.includes('"resourceType":"CapabilityStatement"')
          ? {
              ...response,
              body: response.body.replaceAll('{"code":"search-type"}', '{"code":"search-type","documentation":"Condition needs clinical-status."}'),
            }
          : response,
    ),
  },
  {
    name: 'says Vary and adds headers of a gateway',
    at: ['read', 'search', 'page', 'metadata'],
    alter: headers({ vary: 'Accept, Accept-Encoding', via: '1.1 gateway', 'x-powered-by': 'a gateway' }),
  },
  { name: 'answers a preflight with 200', at: 'preflight', alter: change({ status: 200 }) },
  { name: 'names one origin in CORS', at: 'preflight', alter: headers({ 'access-control-allow-origin': 'https://app.example.org' }) },
  {
    name: 'sends an OperationOutcome with the empty result',
    at: 'search',
    alter: when(
      ({ url }) => url.includes('00000-0'),
      searchset((body) => ({ ...body, entry: [hint] })),
    ),
  },
  {
    name: 'includes narrative in what it reads',
    at: 'read',
    alter: alterType('Patient', (body) => ({
      ...body,
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">A member</div>' },
    })),
  },
  {
    name: 'correlates under its own request id',
    at: 'read',
    alter: (response, request) =>
      headers({ 'x-request-id': 'srv-0001-77aa', 'x-correlation-id': request.headers['x-request-id'] })(response, request),
  },
  {
    name: 'says a well-known id is gone by 410 with no details',
    at: 'read',
    alter: when(
      (_request, { status }) => status === 410,
      instead(410, {
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'error', code: 'deleted', details: { text: 'The resource with this id was deleted. Remove the reference to it.' } }],
      }),
    ),
  },
];

function reordered(link: unknown) {
  const url = String(at(link as Parameters<typeof at>[0], 'url'));
  const [path, query = ''] = url.split('?');
  return {
    relation: 'self',
    url: `${path}?${[
      ...query
        .split('&')
        .filter((each) => each !== '')
        .reverse(),
      '_format=json',
      '_state=abc',
    ].join('&')}`,
  };
}
