import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, at as path, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, pass, worst } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Exchange, WireRequest } from '../../../src/core/model.ts';
import { asynchronous, panel, roster } from '../../../src/core/steps.ts';
import { queryOf } from '../../../src/core/url.ts';
import { bulkData, pdex, pdex22, useCase } from '../../sources.ts';
import { at, header, onEvery } from '../marks.ts';

const kickoff = at('bulk.kickoff');
/** Values of a kick-off parameter, in the URL or in Parameters. */
function valuesOf({ request }: Exchange, name: string): readonly string[] {
  const inBody = asArray(path(requestJsonOf(request), 'parameter'))
    .filter((each) => path(each, 'name') === name)
    .flatMap((each) =>
      Object.entries(each as object).flatMap(([key, value]) => (key.startsWith('value') && typeof value === 'string' ? [value] : [])),
    );
  return [...queryOf(request.url).flatMap(([key, value]) => (key === name ? [value] : [])), ...inBody];
}
const isData = ({ request }: Exchange): boolean => request.url.includes('$davinci-data-export');
const body =
  (from: RegExp, to: string) =>
  (request: WireRequest): WireRequest =>
    /\$(davinci-data-)?export/.test(request.url) && request.body !== undefined ? { ...request, body: request.body.replace(from, to) } : request;
const pdexTypes = /^hl7\.fhir\.us\.davinci-(pdex#provider-(delta|download|snapshot)|atr)$/;

export const kickoffRows: readonly ClientRow[] = [
  {
    id: 'client.bulk.kickoff.pdex',
    level: 'SHALL',
    text: 'The export is a POST with Prefer: respond-async, and exportType, when sent, is one of the three provider values.',
    source: pdex('provider-access-api.html'),
    lines: ['L2', 'L5'],
    scenarios: ['S3', 'S6'],
    judge: onEvery(
      '$davinci-data-export',
      (each) => kickoff(each) && isData(each),
      (each) =>
        worst([
          check(each.request.method === 'POST', each, 'POST', each.request.method),
          check(/\brespond-async\b/i.test(header(each, 'prefer')), each, 'Prefer: respond-async', header(each, 'prefer') || 'no Prefer'),
          ...valuesOf(each, 'exportType').map((value) => check(pdexTypes.test(value), each, 'one of the provider values of exportType', value)),
        ]),
    ),
    faults: [{ name: 'asks for exportType provider-download without its system', sends: body(/hl7\.fhir\.us\.davinci-pdex#/, '') }],
  },
  {
    id: 'client.bulk.kickoff.delta-since',
    level: 'SHALL',
    text: 'A delta export says since when.',
    source: pdex22('provider-access-api.html'),
    holds: [{ ig: guides.pdex, from: '2.2.0' }],
    lines: ['L2'],
    scenarios: panel,
    cases: ['B13'],
    anywhere: true,
    judge: onEvery(
      'delta export',
      (each) => kickoff(each) && valuesOf(each, 'exportType').some((value) => value.endsWith('#provider-delta')),
      (each) =>
        check(
          valuesOf(each, '_since').some((value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value)),
          each,
          '_since, an instant',
          valuesOf(each, '_since').join() || 'no _since',
        ),
    ),
    faults: [
      {
        name: 'asks for a delta without _since',
        sends: body(/,\{"name":"_since"[^}]*\}/, ''),
        alsoFails: { 'client.bulk.incremental-since': 'without _since the next export starts nowhere' },
      },
    ],
  },
  {
    id: 'client.bulk.kickoff.atr',
    level: 'FAST',
    text: 'The roster export names at least Group, Patient and Coverage.',
    source: useCase('Requirement line L2 payload'),
    lines: ['L2'],
    scenarios: roster,
    judge: onEvery(
      'export of a roster',
      (each) => kickoff(each) && valuesOf(each, 'exportType').includes('hl7.fhir.us.davinci-atr'),
      (each) => {
        const types = valuesOf(each, '_type').flatMap((value) => value.split(','));
        return types.length === 0
          ? pass
          : check(
              ['Group', 'Patient', 'Coverage'].every((type) => types.includes(type)),
              each,
              '_type with Group, Patient and Coverage',
              types.join(),
            );
      },
    ),
    cases: ['B14'],
    faults: [
      {
        name: 'exports Patient only of a roster',
        sends: (request) => (request.body?.includes('davinci-atr') ? body(/Group,Patient,Coverage/, 'Patient')(request) : request),
      },
    ],
  },
  {
    id: 'client.bulk.kickoff.typefilter',
    level: 'SHALL',
    text: '_typeFilter holds search criteria only.',
    source: bulkData('export.html#_typefilter-query-parameter'),
    lines: ['L2'],
    scenarios: asynchronous,
    judge: onEvery(
      '_typeFilter',
      (each) => kickoff(each) && valuesOf(each, '_typeFilter').length > 0,
      (each) => {
        const wrong = valuesOf(each, '_typeFilter').find((value) => /[?&]_(include|revinclude|sort|count|elements|summary)\b/.test(value));
        return wrong === undefined ? pass : check(false, each, 'search criteria only in _typeFilter', wrong);
      },
    ),
    faults: [{ name: 'sorts in _typeFilter', sends: body(/category=laboratory/, 'category=laboratory&_sort=-date') }],
  },
];
