import type { Made } from '../../fixtures/dataset.ts';
import { coverageOf, memberEntry, rostersOf } from '../../fixtures/roster.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { IssuedToken } from '../auth/memory.ts';
import { bulkMemory } from '../bulk/jobs.ts';
import { type Guest, guarded } from '../fhir/serve.ts';
import type { MockReply, PayerState, Route } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';
import { rosterMemory } from './store.ts';

/**
 * Group/$provider-member-match of PDex 2.2: answered at once, or, where that is preferred, as a job whose file holds the answer.
 * Source: http://hl7.org/fhir/us/davinci-pdex/OperationDefinition-ProviderMemberMatch.html
 */
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
  const later = /respond-async/.test(request.headers['prefer'] ?? '') && payer.rules.matchesInJobs();
  if (!later && !payer.rules.matchesAtOnce())
    return outcome({
      status: 400,
      code: 'required',
      text: 'Members are matched as a job only. Send the header Prefer: respond-async.',
      expression: 'http.Prefer',
    });
  const known = found.flatMap((id) => (id === undefined || (later && !payer.rules.findsInJobs()) ? [] : [id]));
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
  const answer = { resourceType: 'Parameters', id, parameter: parameters };
  return later ? started(request.url, payer, token, answer) : fhir(answer);
}

/** A job like that of an export. Source: http://hl7.org/fhir/us/davinci-pdex/provider-access-api-v2.html */
function started(url: string, payer: PayerState, { clientId, organization }: IssuedToken, answer: Made): MockReply {
  const memory = bulkMemory(payer);
  const id = String(memory.next++);
  memory.jobs.set(id, {
    ...{ id, clientId, organization, request: url, scope: [], level: 'group', operation: '$export', remarks: [], separateStatus: false },
    wanted: { typeFilters: [], associated: [], partialManifests: false },
    transactionTime: new Date().toISOString(),
    polls: 0,
    cancelled: false,
    content: new Map([['Parameters', [answer]]]),
  });
  return { status: 202, headers: { 'content-location': `${payer.origin}/fhir/jobs/${id}` }, body: '' };
}

export const matchRoutes: readonly Route[] = [
  { step: 'group.operation', method: 'POST', path: '/fhir/Group/$provider-member-match', handle: guarded('r', match, () => 'Group') },
];
