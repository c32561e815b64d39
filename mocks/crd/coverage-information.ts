import { asArray, asString, at, type JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { stableUuid } from './cards.ts';
import { type Policy, policyFor } from './table.ts';

/** Source: http://hl7.org/fhir/us/davinci-crd/StructureDefinition-ext-coverage-information.html */
export const extensionUrl = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information';
/** Where the plan publishes its questionnaires: DTR clients ask for them by this canonical, not here. */
const questionnaires = 'https://sunrise-plan.example.org/fhir';
const reasons = 'http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp';

export interface Assertion {
  readonly coverage: string;
  readonly day: string;
  /** Secondary hooks must not ask for documentation yet. */
  readonly primary: boolean;
}

const part = (url: string, value: JsonObject): Json => ({ url, ...value });

/** The extension for one request resource under a policy. */
export function informationFor(resource: JsonObject, { coverage, day, primary }: Assertion): JsonObject {
  const policy = policyFor(codeOf(resource));
  return extension(resource, coverage, day, policy.covered, [
    ...(policy.pa === undefined ? [] : [part('pa-needed', { valueCode: policy.pa })]),
    ...(primary ? documentation(policy) : []),
    ...(policy.info === undefined ? [] : [part('info-needed', { valueCode: policy.info })]),
    ...(policy.reason === undefined ? [] : [part('reason', { valueCodeableConcept: { text: policy.reason } })]),
    ...(policy.satisfiedPaId === undefined
      ? []
      : [part('satisfied-pa-id', { valueString: `${policy.satisfiedPaId}-${coverage.replace(/\W/g, '')}` })]),
  ]);
}

/** The extension when no policy could be applied, with the coded reason that CRD 2.2 names. */
export const withoutPolicy = (
  resource: JsonObject,
  { coverage, day }: Assertion,
  covered: 'not-covered' | 'indeterminate',
  code: string,
  text: string,
): JsonObject =>
  extension(resource, coverage, day, covered, [part('reason', { valueCodeableConcept: { coding: [{ system: reasons, code }], text } })]);

function documentation({ doc, docPurpose, questionnaire }: Policy): readonly Json[] {
  if (doc === undefined) return [];
  return [
    part('doc-needed', { valueCode: doc }),
    ...(docPurpose === undefined ? [] : [part('doc-purpose', { valueCode: docPurpose })]),
    ...(questionnaire === undefined ? [] : [part('questionnaire', { valueCanonical: `${questionnaires}/${questionnaire}` })]),
  ];
}

function extension(resource: JsonObject, coverage: string, day: string, covered: string, parts: readonly Json[]): JsonObject {
  return {
    url: extensionUrl,
    extension: [
      part('coverage', { valueReference: { reference: coverage } }),
      part('covered', { valueCode: covered }),
      ...parts,
      part('date', { valueDate: day }),
      part('coverage-assertion-id', { valueString: `A-${stableUuid(coverage, String(resource['id']), codeOf(resource), covered).slice(0, 13)}` }),
    ],
  };
}

/** First code of a ServiceRequest, or of an Encounter's type. */
export const codeOf = (resource: JsonObject): string =>
  asString(at(resource, 'code', 'coding', 0, 'code')) ?? asString(at(resource, 'type', 0, 'coding', 0, 'code')) ?? '';

/** True when the resource already carries this very assertion. */
export function alreadySaid(resource: JsonObject, information: JsonObject): boolean {
  const idOf = (each: Json | undefined) =>
    asArray(at(each, 'extension'))
      .map((piece) => (at(piece, 'url') === 'coverage-assertion-id' ? at(piece, 'valueString') : undefined))
      .find((id) => id !== undefined);
  return asArray(resource['extension']).some((each) => at(each, 'url') === extensionUrl && idOf(each) === idOf(information));
}
