import { randomUUID } from 'node:crypto';
import { asString, parameterOf } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Handler, MockReply, PayerState } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';
import { membersOf } from './directory.ts';
import { isReply, parametersOf, partOf } from './input.ts';
import { personOf } from './person.ts';
import type { Found, MatchWish } from './rules.ts';
import { brokenPromise } from './weight.ts';

const gradeUrl = 'http://hl7.org/fhir/StructureDefinition/match-grade';
/** What a caller gets who does not say how many. */
const usual = 10;

const wishOf = (parameters: Json): MatchWish => {
  const count = parameterOf(parameters, 'count')?.['valueInteger'];
  return {
    onlyCertain: parameterOf(parameters, 'onlyCertainMatches')?.['valueBoolean'] === true,
    count: typeof count === 'number' && count > 0 ? count : usual,
  };
};

/** Why the input is not enough to look anybody up; undefined when it is. */
function refusal(patient: Json | undefined, name: string, payer: PayerState): MockReply | undefined {
  if (patient === undefined)
    return outcome({
      status: 400,
      code: 'required',
      text: `The parameter ${name} is missing. Add the patient and send the request again.`,
      expression: 'Parameters.parameter',
    });
  const broken = brokenPromise(patient);
  if (broken)
    return outcome({
      status: 422,
      code: 'invariant',
      text: `The data of ${name} weigh ${broken.weight}, but the profile asserted needs ${broken.least}. Add an identifier, an address or a birth date.`,
      expression: `Parameters.parameter.where(name='${name}').resource`,
    });
  if (payer.rules.needsMore(personOf(patient)))
    return outcome({
      status: 422,
      code: 'required',
      text: `The data of ${name} would fit too many people. Add a name with a birth date, or an identifier, and send the request again.`,
      expression: `Parameters.parameter.where(name='${name}').resource`,
    });
  if (payer.rules.refusesProfile(patient))
    return outcome({
      status: 422,
      code: 'invariant',
      text: `The patient in ${name} asserts no profile that this server accepts. Add one of the weighted profiles.`,
      expression: `Parameters.parameter.where(name='${name}').resource.meta.profile`,
    });
  return undefined;
}

function find(patient: Json, wish: MatchWish, { data, rules }: PayerState): readonly Found[] {
  const asked = personOf(patient);
  const found = membersOf(data)
    .filter((member) => !data.optedOut.has(member.id) && !data.noConsent.has(member.id))
    .map((member) => ({ member, ...rules.gradeCandidate(asked, member.person) }))
    .filter((each) => each.grade !== 'certainly-not');
  return rules.selectMatches(rules.orderMatches(found), wish);
}

/** Who is not certainly meant is shown by id alone: candidates must not become a way to look people up. */
function bundle(found: readonly Found[], payer: PayerState): Json {
  const base = `${payer.origin}/fhir`;
  const organization = payer.data.ground.payer;
  return {
    resourceType: 'Bundle',
    identifier: {
      system: `${base}/match`,
      value: randomUUID(),
      assigner: { reference: `${base}/Organization/${organization.id}`, display: asString(organization['name']) ?? 'payer' },
    },
    type: 'searchset',
    total: found.length,
    entry: [
      ...found.map(({ member, grade, score }) => ({
        fullUrl: `${base}/Patient/${member.id}`,
        resource: grade === 'certain' ? member.patient : { resourceType: 'Patient', id: member.id },
        search: { extension: [{ url: gradeUrl, valueCode: grade }], mode: 'match', score },
      })),
      { fullUrl: `${base}/Organization/${organization.id}`, resource: organization, search: { mode: 'include' } },
    ],
  };
}

/**
 * FHIR R4 Patient/$match.
 * Source: http://hl7.org/fhir/R4/operation-patient-match.html
 */
const match: Handler = (request, payer) => {
  const input = parametersOf(request, payer);
  if (isReply(input)) return input;
  const patient = partOf(input.parameters, 'resource');
  const refused = refusal(patient, 'resource', payer);
  if (refused || patient === undefined) return refused ?? outcome({ status: 400, code: 'required', text: 'The parameter resource is missing.' });
  return fhir(bundle(find(patient, wishOf(input.parameters), payer), payer));
};

/**
 * Identity Matching $idi-match: the same, wrapped.
 * Source: http://hl7.org/fhir/us/identity-matching/OperationDefinition-idi-match.html
 */
const idiMatch: Handler = (request, payer) => {
  const input = parametersOf(request, payer);
  if (isReply(input)) return input;
  const patient = partOf(input.parameters, 'IDIPatient') ?? partOf(input.parameters, 'patient');
  const refused = refusal(patient, 'IDIPatient', payer);
  if (refused || patient === undefined) return refused ?? outcome({ status: 400, code: 'required', text: 'The parameter IDIPatient is missing.' });
  const result = bundle(find(patient, wishOf(input.parameters), payer), payer);
  return fhir({ resourceType: 'Parameters', parameter: [{ name: 'IDIMatchBundle', resource: result }] });
};

export const patientMatchRoutes = [
  { step: 'match' as const, method: 'POST', path: '/fhir/Patient/$match', handle: match },
  { step: 'idi-match' as const, method: 'POST', path: '/fhir/Patient/$idi-match', handle: idiMatch },
  { step: 'idi-match' as const, method: 'POST', path: '/fhir/Patient/$IDI-match', handle: idiMatch },
];
