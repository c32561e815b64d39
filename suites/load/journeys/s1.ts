import { search } from '../../../src/client/requests/fhir.ts';
import { askMemberMatch } from '../../../src/client/requests/match.ts';
import { readWithRequestId } from '../../../src/client/requests/rest.ts';
import { asString, at, jsonOf } from '../../../src/core/fhir.ts';
import type { Journey } from '../lib/journey.ts';

/** S1, patient information: match the member, read the Patient, search what a clinician looks at first. */
export const s1: Journey = {
  name: 's1',
  requests: 5,
  run(payer, member) {
    const { base } = payer;
    const matched = payer.ask('member-match', askMemberMatch(base, member), { member: 'known' });
    const id = member.patientId ?? payer.patientIdOf(member) ?? learn(payer, member, jsonOf(matched.response));
    if (id === undefined) return;
    payer.ask('read', readWithRequestId(base, 'Patient', id), { about: id, member: 'known', variant: 'known' });
    for (const type of ['Coverage', 'Condition', 'ExplanationOfBenefit'])
      payer.ask('search', search(base, type, { patient: id }), { about: id, member: 'known', variant: 'by-patient' });
  },
};

/** The payer's logical id by the identifier that the match gave; asked once per member. */
function learn(payer: Parameters<Journey['run']>[0], member: Parameters<Journey['run']>[1], answer: ReturnType<typeof jsonOf>): string | undefined {
  const parameters = at(answer, 'parameter');
  const parts = Array.isArray(parameters) ? parameters : [];
  const identifier = parts.find((part) => at(part, 'name') === 'MemberIdentifier');
  const value = asString(at(identifier, 'valueIdentifier', 'value'));
  const system = asString(at(identifier, 'valueIdentifier', 'system'));
  if (value === undefined) return undefined;
  const found = payer.ask('search', search(payer.base, 'Patient', { identifier: system === undefined ? value : `${system}|${value}` }));
  const id = asString(at(jsonOf(found.response), 'entry', 0, 'resource', 'id'));
  if (id !== undefined) payer.remember(member, id);
  return id;
}
