import { coverageOf, memberEntry, rostersOf } from '../../fixtures/roster.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { type Guest, guarded } from '../fhir/serve.ts';
import type { MockReply, Route } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';
import { rosterMemory } from './store.ts';

/** Group/$provider-member-match of PDex 2.2, answered at once. Source: http://hl7.org/fhir/us/davinci-pdex/OperationDefinition-ProviderMemberMatch.html */
function match({ request, payer, token }: Guest): MockReply {
  let input: Json;
  try {
    input = JSON.parse(request.body) as Json;
  } catch {
    return outcome({ status: 400, code: 'structure', text: 'The body is not JSON. Correct the body and send the request again.' });
  }
  const bundles = asArray(at(input, 'parameter')).filter((each) => at(each, 'name') === 'MemberBundle');
  if (bundles.length === 0)
    return outcome({
      status: 400,
      code: 'required',
      text: 'At least one MemberBundle is required. Add it and send the request again.',
      expression: 'Parameters.parameter',
    });
  const memberIds = Object.entries(rostersOf(payer.data).memberIds);
  const found = bundles.map((bundle) => {
    const part = (name: string): Json | undefined =>
      at(
        asArray(at(bundle, 'part')).find((each) => at(each, 'name') === name),
        'resource',
      );
    const subscriber = asString(at(part('CoverageToMatch'), 'subscriberId')) ?? asString(at(part('CoverageToMatch'), 'identifier', 0, 'value'));
    return payer.rules.matchesMembers() ? memberIds.find(([, value]) => value === subscriber)?.[0] : undefined;
  });
  const known = found.filter((id) => id !== undefined);
  const optedOut = known.filter((id) => payer.data.optedOut.has(id) && !payer.rules.matchesOptedOut());
  const matched = known.filter((id) => !optedOut.includes(id));
  const first = rosterMemory(payer).get('panel-a')?.resource;
  const id = `matched-${rosterMemory(payer).size}`;
  const group = (name: string, people: readonly string[]): Json => {
    const { member: _member, ...rest } = (first ?? {}) as { readonly [key: string]: Json };
    const member = people.map((patient) =>
      memberEntry({ patient, coverage: coverageOf(payer.data, patient), provider: rostersOf(payer.data).provider, change: 'new' }),
    );
    const resource = {
      ...rest,
      id: name === 'MatchedMembers' ? id : `${id}-${name}`,
      quantity: people.length,
      ...(member.length === 0 ? {} : { member }),
    };
    return { name, resource };
  };
  const parameters = [
    group('MatchedMembers', matched),
    ...(known.length < found.length ? [group('NonMatchedMembers', [])] : []),
    ...(optedOut.length > 0 ? [group('ConsentConstrainedMembers', optedOut)] : []),
  ];
  const resource = at(parameters[0], 'resource');
  if (payer.rules.seesMatchedGroup()) rosterMemory(payer).set(id, { owner: token.organization, resource: resource as never });
  return fhir({ resourceType: 'Parameters', parameter: parameters });
}

export const matchRoutes: readonly Route[] = [
  { step: 'group.operation', method: 'POST', path: '/fhir/Group/$provider-member-match', handle: guarded('r', match, () => 'Group') },
];
