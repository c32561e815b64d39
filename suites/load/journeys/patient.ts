import { search } from '../../../src/client/requests/fhir.ts';
import { askMemberMatch } from '../../../src/client/requests/match.ts';
import { asArray, asString, at, jsonOf } from '../../../src/core/fhir.ts';
import type { Exchange, TargetMember } from '../../../src/core/model.ts';
import type { Ask, Ground } from '../lib/journey.ts';

/** The payer's logical id of a member: from the target file, from before, or found by match and search; asked once per virtual user. */
export function* patientOf(ground: Ground, member: TargetMember, matched?: Exchange): Generator<Ask, string | undefined, Exchange> {
  const known = member.patientId ?? ground.patientIdOf(member);
  if (known !== undefined) return known;
  const answer = matched ?? (yield { step: 'member-match', spec: askMemberMatch(ground.base, member), member: 'known' });
  const identifier = asArray(at(jsonOf(answer.response), 'parameter')).find((part) => at(part, 'name') === 'MemberIdentifier');
  const value = asString(at(identifier, 'valueIdentifier', 'value'));
  const system = asString(at(identifier, 'valueIdentifier', 'system'));
  if (value === undefined) return undefined;
  const found = yield {
    step: 'search',
    spec: search(ground.base, 'Patient', { identifier: system === undefined ? value : `${system}|${value}` }),
  };
  const id = asString(at(jsonOf(found.response), 'entry', 0, 'resource', 'id'));
  if (id !== undefined) ground.remember(member, id);
  return id;
}
