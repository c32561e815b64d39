import { type SceneName, scenes } from '../../mocks/client/case.ts';
import type { Scripted } from '../../mocks/client/host.ts';
import { asString, at } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';

const todos: Readonly<Record<string, string>> = {
  record: 'find the member, and read coverage and results',
  secure: 'find the member, and read coverage and results',
  bulk: 'export the group, and fetch all files',
  'bulk-again': 'export the group, and then once more what changed since',
  roster: 'export the attribution list',
  'sign-in': 'sign in at the payer in a browser (authorization code flow), and read the member',
  panel: 'match your patients with $provider-member-match, export the Group of those matched, and a while later do both again',
};

/** What a client must know to do one journey at one case's payer. */
export interface Situation {
  readonly case: string;
  readonly journey: string;
  readonly fhirBase: string;
  readonly tokenUrl: string;
  readonly cdsBase: string;
  readonly secondCdsBase: string;
  /** What the person does, by name and in words. */
  readonly scene: string;
  readonly todo: string;
  readonly clientId: string;
  readonly group: string;
  readonly memberNumber: string;
  readonly patientId: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
  readonly gender: string;
  readonly word: string;
}

/** Asks the script for it. */
export async function situationOf(scripted: Scripted, id: string, journey: string, clientId: string, scene?: SceneName): Promise<Situation> {
  const { target } = await scripted.knows(id);
  const { root, word } = scripted.stage(id);
  const { patient = {}, coverage = {}, patientId = '' } = target.members.known ?? {};
  const says = (value: Json | undefined): string => asString(value) ?? '';
  return {
    case: id,
    journey,
    fhirBase: `${root}/fhir`,
    tokenUrl: `${root}/as/token`,
    cdsBase: `${root}/cds`,
    secondCdsBase: `${root}/two/cds`,
    scene: scene ?? journey,
    todo: scene === undefined ? (todos[journey] ?? journey) : scenes[scene],
    clientId,
    group: target.bulk?.group ?? '',
    memberNumber: says(at(coverage, 'subscriberId')),
    patientId,
    family: says(at(patient, 'name', 0, 'family')),
    given: says(at(patient, 'name', 0, 'given', 0)),
    birthDate: says(at(patient, 'birthDate')),
    gender: says(at(patient, 'gender')),
    word,
  };
}

/** The same as environment variables: PAYER_CASE, PAYER_FHIR_BASE ... The word is left out: who knows it beforehand has not read it. */
export const asEnvironment = ({ word: _word, todo: _todo, ...rest }: Situation): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(rest).map(([name, value]) => [`PAYER_${name.replace(/([A-Z])/g, '_$1').toUpperCase()}`, value]));
