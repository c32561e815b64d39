import type { Dataset } from '../../fixtures/dataset.ts';
import { asArray, asObject, at, parseJson } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { MockRequest } from '../kernel/payer.ts';
import { inPart, parts, rosterOperations } from './offers.ts';
import { respelt } from './respell.ts';
import type { Shape } from './shape.ts';

const { guide } = parts;

/** Every Patient id becomes an opaque word of its own. */
function opaque(data: Dataset): Dataset {
  const ids = new Map(data.members.map((id, index) => [id, `m.${Buffer.from(`${index} member ${id}`).toString('hex').slice(0, 56)}`]));
  const words = (text: string): string => {
    const bare = ids.get(text);
    if (bare !== undefined) return bare;
    const [, id = ''] = /^Patient\/(.+)$/.exec(text) ?? [];
    return ids.has(id) ? `Patient/${ids.get(id)}` : text;
  };
  return respelt(data, words);
}

/** Names as a claims system keeps them: capitals, no accents, a suffix. */
function capitals(data: Dataset): Dataset {
  const { resources } = data;
  const families = new Set(
    [...resources.values()].flatMap((each) =>
      each.resourceType === 'Patient' ? (each['name'] as readonly { readonly family: string }[]).map(({ family }) => family) : [],
    ),
  );
  return respelt(data, (text) =>
    families.has(text)
      ? `${text
          .normalize('NFD')
          .replace(/\p{M}/gu, '')
          .replaceAll('Ł', 'L')
          .replace(/[^A-Za-z]+/g, ' ')
          .toUpperCase()}`
      : text,
  );
}

const byPatient = (name: string): boolean => name === 'patient' || name.startsWith('_');

/** Parameters that this payer does not know get a name that nobody knows: left out, or refused where the client is strict. */
const unheardOf = (pairs: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...pairs].map(([name, value]): [string, string] => [byPatient(name) ? name : `unheard-of-${name}`, value]));

function onlyByPatient(request: MockRequest): MockRequest {
  const [, type = ''] = /^\/fhir\/([A-Z][A-Za-z]+)(\/_search)?$/.exec(request.path) ?? [];
  if (type === '' || type === 'Patient' || type === 'Group') return request;
  const query = unheardOf(request.query);
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const { url, body } = request;
  return {
    ...request,
    query,
    url: url.includes('?') ? `${url.slice(0, url.indexOf('?'))}?${query}` : url,
    ...(isForm && body !== undefined ? { body: `${unheardOf(new URLSearchParams(body))}` } : {}),
  };
}

const declaredByPatient = (statement: Json): Json => ({
  ...asObject(statement),
  rest: asArray(at(statement, 'rest')).map((rest) => ({
    ...asObject(rest),
    resource: asArray(at(rest, 'resource')).map((each) =>
      ['Patient', 'Group'].includes(String(at(each, 'type'))) || at(each, 'searchParam') === undefined
        ? each
        : { ...asObject(each), searchParam: asArray(at(each, 'searchParam')).filter((one) => byPatient(String(at(one, 'name')))) },
    ),
  })),
});

/** Whose data a payer holds, of what kind, and how it spells them. */
export const dataShapes: readonly Shape[] = [
  {
    id: 'no-coverage',
    title: 'holds clinical data and no Coverage',
    legalBecause: 'Neither US Core 6.1 nor Bulk Data asks for Coverage of everybody; C4BB, ATR and PDex are not claimed.',
    lacks: {
      types: ['Coverage', 'ExplanationOfBenefit', 'Claim'],
      whole: [guide('core')],
      guides: ['carin-bb', 'davinci-atr', 'davinci-pdex', 'davinci-hrex'].map(guide),
      steps: ['member-match', 'group.operation'],
      operations: ['member-match', ...rosterOperations],
    },
    earns: inPart,
  },
  {
    id: 'narrow-types',
    title: 'holds patients, problems and results only',
    legalBecause: 'US Core: a server SHALL support Patient and at least one further profile.',
    lacks: {
      types: [
        ...['AllergyIntolerance', 'CarePlan', 'CareTeam', 'Claim', 'Coverage', 'Device', 'DiagnosticReport', 'DocumentReference', 'Encounter'],
        ...[
          'ExplanationOfBenefit',
          'Goal',
          'Immunization',
          'Location',
          'Medication',
          'MedicationDispense',
          'MedicationRequest',
          'Procedure',
          'Provenance',
        ],
        ...['PractitionerRole', 'Binary', 'Bundle', 'Group'],
      ],
      guides: ['carin-bb', 'davinci-atr', 'davinci-pdex', 'davinci-hrex', 'davinci-deqm'].map(guide),
      whole: [guide('core')],
      steps: ['member-match', 'group.operation', 'group.read', 'group.search', 'docref', 'care-gaps', 'binary', 'document'],
      operations: [
        ...['member-match', 'davinci-data-export', 'member-add', 'member-remove', 'attribution-status', 'confirm-attribution-list'],
        ...['provider-member-match', 'docref', 'care-gaps'],
      ],
    },
    earns: inPart,
  },
  {
    id: 'read-without-search',
    title: 'lets members be read, not searched',
    legalBecause: "R4: interactions are the server's choice and are declared; US Core, C4BB, ATR and PDex, which ask for search, are not claimed.",
    lacks: {
      steps: ['search', 'page', 'group.search'],
      guides: ['core', 'carin-bb', 'davinci-atr', 'davinci-pdex'].map(guide),
      operations: ['docref', 'care-gaps'],
    },
    rules: { offers: (_type, interaction) => interaction !== 'search-type' },
  },
  {
    id: 'only-by-patient',
    title: 'finds clinical records and claims by patient alone, and passes over every other parameter',
    legalBecause:
      'R4 search: "servers SHOULD ignore unknown or unsupported parameters"; what can be searched is declared. US Core, C4BB, ATR and PDex, which ask for more, are not claimed.',
    lacks: { guides: ['core', 'carin-bb', 'davinci-atr', 'davinci-pdex'].map(guide), operations: ['docref', 'care-gaps'] },
    proxy: {
      inside: onlyByPatient,
      after: (reply, { path }) =>
        path === '/fhir/metadata' && reply.status === 200
          ? { ...reply, body: JSON.stringify(declaredByPatient(parseJson(reply.body) ?? {})) }
          : reply,
    },
  },
  {
    id: 'opaque-ids',
    title: 'gives members ids of 60 characters',
    legalBecause: 'R4 id: "[A-Za-z0-9\\-\\.]{1,64}", with no meaning.',
    data: opaque,
  },
  {
    id: 'own-spelling',
    title: 'spells names as its claims system does',
    legalBecause:
      'No guide asks a payer to spell a member as a provider does; US Core\'s name search matches "any of the string fields in the HumanName".',
    data: capitals,
    target: (target) => target,
  },
];
