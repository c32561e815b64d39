import type { Handler, MockReply, PayerState, Route } from '../kernel/payer.ts';
import { fhir, json, outcome } from '../kernel/replies.ts';
import { type Listed, listing, payerIdentifier } from './content.ts';
import { searchListing } from './search.ts';

type Kind = Listed['resourceType'];

/** Small pages, so that finding a payer takes following links. */
const pageSize = 10;
const listed = (payer: PayerState): readonly Listed[] =>
  payer.memory('directory', () => listing(payer.origin).flatMap((each) => payer.rules.directoryLists(each) ?? []));
const base = (payer: PayerState): string => `${payer.origin}/directory`;

const search =
  (type: Kind): Handler =>
  (request, payer) => {
    const hits = searchListing(listed(payer), type, request.query);
    if (typeof hits === 'string' && hits.includes(':'))
      return outcome({
        status: 400,
        code: 'not-supported',
        text: `The modifier in ${hits} is not supported here. Correct the parameter and search again.`,
        expression: `http.${hits}`,
      });
    if (typeof hits === 'string')
      return outcome({
        status: 400,
        code: 'value',
        text: `The value of ${hits} is not a date. Correct it, for example ${hits}=ge2026-01-01, and search again.`,
        expression: `http.${hits}`,
      });
    const { matches, included, applied } = hits;
    const offset = Number(request.query.get('_offset') ?? 0);
    const size = Math.min(Number(request.query.get('_count') ?? pageSize) || pageSize, pageSize);
    const link = (from: number) => {
      const query = new URLSearchParams(applied.map(([name, value]): [string, string] => [name, value]));
      if (from > 0) query.set('_offset', String(from));
      return `${base(payer)}/${type}?${query}`;
    };
    const entry = (mode: string) => (resource: Listed) => ({
      fullUrl: `${base(payer)}/${resource.resourceType}/${resource.id}`,
      resource,
      search: { mode },
    });
    const entries = [...matches.slice(offset, offset + size).map(entry('match')), ...included.map(entry('include'))];
    return fhir({
      resourceType: 'Bundle',
      type: 'searchset',
      total: matches.length,
      link: [{ relation: 'self', url: link(offset) }, ...(offset + size < matches.length ? [{ relation: 'next', url: link(offset + size) }] : [])],
      ...(entries.length === 0 ? {} : { entry: entries }),
    });
  };

const read =
  (type: Kind): Handler =>
  (request, payer): MockReply => {
    const found = listed(payer).find((each) => each.resourceType === type && each.id === request.params['id']);
    return found
      ? fhir(found)
      : outcome({
          status: 404,
          code: 'not-found',
          text: `The directory lists no ${type} with this id. Correct the id, or search for the ${type} instead.`,
          expression: 'http.url',
        });
  };

const readOnly: Handler = () =>
  outcome({
    status: 405,
    code: 'not-supported',
    text: 'This directory can be read, and nothing else. Use GET, or contact the operator to have an entry corrected.',
    expression: 'http.method',
    headers: { allow: 'GET' },
  });

const metadata: Handler = (_request, payer) =>
  fhir(
    payer.rules.directoryStates({
      resourceType: 'CapabilityStatement',
      status: 'active',
      date: '2026-01-05',
      kind: 'instance',
      instantiates: [
        'http://hl7.org/fhir/us/davinci-pdex-plan-net/CapabilityStatement/plan-net|1.2.0',
        'http://hl7.org/fhir/us/ndh/CapabilityStatement/wds-endpoint-expanded-query-server|1.0.0',
      ],
      implementationGuide: [
        'http://hl7.org/fhir/us/davinci-pdex-plan-net/ImplementationGuide/hl7.fhir.us.davinci-pdex-plan-net|1.2.0',
        'http://hl7.org/fhir/us/ndh/ImplementationGuide/hl7.fhir.us.ndh|1.0.0',
      ],
      implementation: { description: 'Synthetic national directory of payer-assay', url: base(payer) },
      fhirVersion: '4.0.1',
      format: ['json', 'application/fhir+json'],
      rest: [
        {
          mode: 'server',
          resource: ['Organization', 'Endpoint'].map((type) => ({ type, interaction: [{ code: 'read' }, { code: 'search-type' }] })),
        },
      ],
    }),
  );

/**
 * The payer's own well-known file.
 * Source: http://hl7.org/fhir/us/davinci-hrex/endpoint-discovery.html
 */
const configuration: Handler = (_request, payer) => {
  const asked = payer.memory('wellknown', () => ({ times: 0 }));
  asked.times += 1;
  if (!payer.rules.configurationIsThere(asked.times)) return json({ error: 'gone' }, 404);
  return json({
    identifier: payerIdentifier,
    endpoints: payer.rules.configuredEndpoints(payer.origin),
  });
};

export const discoveryRoutes: readonly Route[] = [
  { step: 'directory.metadata', method: 'GET', path: '/directory/metadata', handle: metadata },
  { step: 'directory.organization', method: 'GET', path: '/directory/Organization', handle: search('Organization') },
  { step: 'directory.organization', method: 'GET', path: '/directory/Organization/:id', handle: read('Organization') },
  ...['PUT', 'PATCH', 'DELETE'].map(
    (method): Route => ({ step: 'directory.organization', method, path: '/directory/Organization/:id', handle: readOnly }),
  ),
  { step: 'directory.endpoint', method: 'GET', path: '/directory/Endpoint', handle: search('Endpoint') },
  { step: 'directory.endpoint', method: 'GET', path: '/directory/Endpoint/:id', handle: read('Endpoint') },
  { step: 'wellknown.davinci', method: 'GET', path: '/.well-known/davinci-configuration', handle: configuration },
];
