import { search } from '../../../src/client/requests/fhir.ts';
import { askMemberMatch, hasCard, inForm } from '../../../src/client/requests/match.ts';
import { asArray, asString, at, jsonOf } from '../../../src/core/fhir.ts';
import type { Exchange, TargetMember } from '../../../src/core/model.ts';
import type { Ask, Ground } from '../lib/journey.ts';

/** The payer's logical id of a member: from the target file, or found by match and search. Asked without load, once for the whole load. */
export function* patientOf(ground: Ground, member: TargetMember): Generator<Ask, string | undefined, Exchange> {
  if (member.patientId !== undefined || !ground.offers('$member-match') || !hasCard(member)) return member.patientId;
  const answer = yield {
    step: 'member-match',
    spec: inForm(askMemberMatch(ground.base, member), ground.target.memberMatch ?? {}),
    offer: '$member-match',
    member: 'known',
  };
  const identifier = asArray(at(jsonOf(answer.response), 'parameter')).find((part) => at(part, 'name') === 'MemberIdentifier');
  const value = asString(at(identifier, 'valueIdentifier', 'value'));
  const system = asString(at(identifier, 'valueIdentifier', 'system'));
  if (value === undefined) return undefined;
  const found = yield { step: 'search', spec: search(ground.base, 'Patient', { identifier: system === undefined ? value : `${system}|${value}` }) };
  return asString(at(jsonOf(found.response), 'entry', 0, 'resource', 'id'));
}
