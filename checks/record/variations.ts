import type { Json } from '../../src/core/model.ts';
import { headers, replaceText, when } from '../alter.ts';
import type { Variation } from '../area.ts';

type Entry = { readonly [key: string]: Json };
const alterEntries = (body: string, change: (bundle: { entry?: Entry[] } & { [key: string]: Json | undefined }) => unknown): string =>
  JSON.stringify(change(JSON.parse(body) as { entry?: Entry[] }));
const whole = (url: string): boolean => url.includes('$everything');

/** Ways in which an honest payer may give out records, documents and gaps. */
export const recordVariations: readonly Variation[] = [
  {
    name: 'everything without total',
    at: 'everything',
    alter: (response, { url }) =>
      whole(url) && response.status === 200 ? { ...response, body: alterEntries(response.body, ({ total: _total, ...rest }) => rest) } : response,
  },
  {
    name: 'everything without search mode',
    at: 'everything',
    alter: (response, { url }) =>
      whole(url) && response.status === 200
        ? {
            ...response,
            body: alterEntries(response.body, (bundle) => ({ ...bundle, entry: (bundle.entry ?? []).map(({ search: _search, ...rest }) => rest) })),
          }
        : response,
  },
  {
    name: 'everything in reverse order',
    at: 'everything',
    alter: (response, { url }) =>
      whole(url) && response.status === 200
        ? { ...response, body: alterEntries(response.body, (bundle) => ({ ...bundle, entry: [...(bundle.entry ?? [])].reverse() })) }
        : response,
  },
  {
    name: 'no CCD of an unknown patient, said with 404',
    at: 'docref',
    alter: (response, { url }) =>
      url.includes('assay-does-not-exist')
        ? {
            ...response,
            status: 404,
            body: '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found","details":{"text":"No Patient with this id is available to you. Match the member first."},"diagnostics":"trace 1"}]}',
          }
        : response,
  },
  {
    name: 'text documents with a charset',
    at: 'binary',
    alter: when((_request, { headers }) => headers['content-type'] === 'text/plain', headers({ 'content-type': 'text/plain; charset=utf-8' })),
  },
  {
    name: 'C-CDA with a namespace prefix',
    at: 'binary',
    alter: (response) =>
      response.body.startsWith('<?xml')
        ? { ...response, body: response.body.replace('xmlns=', 'xmlns:cda=').replace(/<(\/?)([a-zA-Z])/g, '<$1cda:$2') }
        : response,
  },
  {
    name: 'C-CDA as text/xml without encoding',
    at: 'binary',
    alter: when((_request, { body }) => body.startsWith('<?xml'), replaceText(/<\?xml[^>]*\?>\n/, '')),
  },
  {
    name: 'gaps as a collection',
    at: 'care-gaps',
    alter: (response) => (response.status === 200 ? { ...response, body: gapsAsCollection(response.body) } : response),
  },
  {
    name: 'no gaps at all',
    at: 'care-gaps',
    alter: (response) => (response.status === 200 ? { ...response, body: '{"resourceType":"Parameters"}' } : response),
  },
  {
    name: 'documents by absolute url',
    at: 'search',
    alter: (response, { url }) => ({
      ...response,
      body: response.body.replace(/"url":"Binary\//g, `"url":"${url.split(/\/(?:DocumentReference|DiagnosticReport)/)[0]}/Binary/`),
    }),
  },
];

/** DEQM 5 lets a server send a plain collection, then without a Composition. */
function gapsAsCollection(body: string): string {
  const parameters = JSON.parse(body) as { parameter?: { resource: { entry: { resource: { resourceType: string } }[] } }[] };
  const parameter = (parameters.parameter ?? []).map((each) => ({
    ...each,
    resource: { ...each.resource, type: 'collection', entry: each.resource.entry.filter(({ resource }) => resource.resourceType !== 'Composition') },
  }));
  return JSON.stringify({ ...parameters, ...(parameter.length > 0 ? { parameter } : {}) });
}
