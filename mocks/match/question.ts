import { asArray, asString, at, literalReference } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Trouble } from '../kernel/replies.ts';
import { personOf } from './person.ts';

/** The parts of a `$member-match` request. */
export interface MemberQuestion {
  readonly patient: Json | undefined;
  readonly coverage: Json | undefined;
  readonly consent: Json | undefined;
  readonly linked: Json | undefined;
  /** Names of all parameters that were sent, in order. */
  readonly names: readonly string[];
}

const parameters = ['MemberPatient', 'CoverageToMatch', 'CoverageToLink', 'Consent'];

export const invalid = (text: string, expression: string, code = 'required'): Trouble => ({ status: 422, code, text, expression });

/**
 * What a complete question needs (HRex profiles of the input), in words; undefined when nothing is missing.
 * Source: http://hl7.org/fhir/us/davinci-hrex/OperationDefinition-member-match.html and the profiles that it names
 */
export const problemWith = (question: MemberQuestion): Trouble | undefined =>
  problemWithNames(question) ?? problemWithPatient(question) ?? problemWithCoverage(question);

function problemWithNames({ patient, coverage, names }: MemberQuestion): Trouble | undefined {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    return invalid(
      `The parameter ${twice.slice(0, 64)} is there twice. Leave one out and send the request again.`,
      'Parameters.parameter',
      'invalid',
    );
  const strange = names.find((name) => !parameters.includes(name));
  if (strange !== undefined)
    return invalid(
      `The parameter ${strange.slice(0, 64)} is not known to $member-match. Leave it out and send the request again.`,
      'Parameters.parameter',
      'not-supported',
    );
  if (patient === undefined)
    return invalid('The parameter MemberPatient is missing. Add the patient and send the request again.', 'Parameters.parameter');
  if (coverage === undefined)
    return invalid('The parameter CoverageToMatch is missing. Add the coverage from the card and send the request again.', 'Parameters.parameter');
  return undefined;
}

function problemWithPatient({ patient }: MemberQuestion): Trouble | undefined {
  const gender = asString(at(patient, 'gender'));
  if (gender !== undefined && !['male', 'female', 'other', 'unknown'].includes(gender))
    return invalid(
      'MemberPatient.gender must be male, female, other or unknown. Correct the gender and send the request again.',
      'Parameters.parameter[0].resource.gender',
      'code-invalid',
    );
  const person = personOf(patient);
  if (!person.names.some((name) => name.family !== '' && name.given.some((each) => each !== '')))
    return invalid('MemberPatient needs a family and a given name. Add both and send the request again.', 'Parameters.parameter[0].resource.name');
  if (person.birthDate === '')
    return invalid(
      'MemberPatient.birthDate is missing. Add the birth date and send the request again.',
      'Parameters.parameter[0].resource.birthDate',
    );
  if (person.gender === '')
    return invalid(
      'MemberPatient.gender is missing. Add the gender or birth sex and send the request again.',
      'Parameters.parameter[0].resource.gender',
    );
  return undefined;
}

function problemWithCoverage({ coverage }: MemberQuestion): Trouble | undefined {
  const flaw = (element: string, text: string, code = 'required') =>
    invalid(`CoverageToMatch.${element} ${text}`, `Parameters.parameter[1].resource.${element}`, code);
  if (at(coverage, 'status') === undefined) return flaw('status', 'is missing. Add the status and send the request again.');
  if (at(coverage, 'status') !== 'active') return flaw('status', 'must be active. Send the coverage that the member shows today.', 'value');
  if (literalReference(at(coverage, 'beneficiary', 'reference')) === undefined)
    return flaw('beneficiary', 'is missing. Point it to the MemberPatient and send the request again.');
  if (at(coverage, 'relationship') === undefined)
    return flaw('relationship', 'is missing. Add how the member is related to the subscriber and send the request again.');
  const payors = asArray(at(coverage, 'payor')).length;
  if (payors !== 1)
    return flaw('payor', `must name one payer, not ${payors}. Correct it and send the request again.`, payors === 0 ? 'required' : 'value');
  return undefined;
}

/** Does the coverage point to the patient in the same request? */
export function isLocal({ patient, coverage }: MemberQuestion): boolean {
  const pointed = literalReference(at(coverage, 'beneficiary', 'reference'));
  return pointed === undefined || pointed === `Patient/${asString(at(patient, 'id'))}`;
}

/** What a consent is compared with, beside the question itself. */
export interface ConsentSetting {
  /** YYYY-MM-DD. */
  readonly today: string;
  /** The member has told the payer not to disclose. */
  readonly memberRefused: boolean;
  /** NPI of whoever asks, where the payer knows it. */
  readonly askerNpi?: string;
}

const npi = 'http://hl7.org/fhir/sid/us-npi';
const hasRole = (actor: Json, code: string): boolean => asArray(at(actor, 'role', 'coding')).some((coding) => at(coding, 'code') === code);

/**
 * No consent is needed from a provider; one that is sent must be in force, of this member, for the one who asks, under a policy, and the member must
 * not have refused disclosure.
 * Source: http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html
 */
export function honoursConsent({ consent, patient }: MemberQuestion, { today, memberRefused, askerNpi }: ConsentSetting): boolean {
  if (memberRefused) return false;
  if (consent === undefined) return true;
  const end = asString(at(consent, 'provision', 'period', 'end'));
  if (at(consent, 'provision', 'type') === 'deny' || at(consent, 'status') !== 'active') return false;
  if (end !== undefined && end.slice(0, 10) < today) return false;
  if (literalReference(at(consent, 'patient', 'reference')) !== `Patient/${asString(at(patient, 'id'))}`) return false;
  if (!asArray(at(consent, 'policy')).some((policy) => /#(regular|sensitive)$/.test(asString(at(policy, 'uri')) ?? ''))) return false;
  const recipients = asArray(at(consent, 'provision', 'actor')).filter((actor) => hasRole(actor, 'IRCP'));
  const named = recipients.map((actor) => at(actor, 'reference', 'identifier')).filter((each) => at(each, 'system') === npi);
  return recipients.length > 0 && (askerNpi === undefined || named.every((each) => at(each, 'value') === askerNpi));
}
