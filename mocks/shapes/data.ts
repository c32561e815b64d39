import type { Dataset } from '../../fixtures/dataset.ts';
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
