import type { Made } from '../../fixtures/dataset.ts';
import { coverageOf, memberEntry, rostersOf } from '../../fixtures/roster.ts';
import { coded, meta, ref } from '../../fixtures/shapes.ts';
import { asArray, asObject, asString, at } from '../../src/core/fhir.ts';
import { type MatchList, matchLists } from '../../src/core/matched.ts';
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
  const people = bundles.map((bundle) => personIn(bundle, payer));
  const later = /respond-async/.test(request.headers['prefer'] ?? '') && payer.rules.matchesInJobs();
  if (!later && !payer.rules.matchesAtOnce())
    return outcome({
      status: 400,
      code: 'required',
      text: 'Members are matched as a job only. Send the header Prefer: respond-async.',
      expression: 'http.Prefer',
    });
  const found = later && !payer.rules.findsInJobs() ? people.map(({ submitted }) => ({ submitted, id: undefined })) : people;
  const groups = listsOf(found, payer);
  const [matched] = groups.filter(({ list }) => list === 'MatchedMembers');
  if (matched && payer.rules.seesMatchedGroup())
    rosterMemory(payer).set(matched.resource.id, { owner: token.organization, resource: matched.resource });
  const answer: Made = {
    resourceType: 'Parameters',
    id: `answer-${rosterMemory(payer).size}`,
    parameter: groups.map(({ list, resource }) => ({ name: list, resource })),
  };
  if (!later) return fhir(answer);
  return started(
    request.url,
    payer,
    token,
    payer.rules.filesOfMatch(
      groups.map(({ resource }) => resource),
      answer,
    ),
  );
}

interface Person {
  readonly submitted: Json;
  /** Patient that was found and whose treatment was attested; undefined: nobody. */
  readonly id: string | undefined;
}

/** The card decides whom we know; the attestation, whether that is told. */
function personIn(bundle: Json, payer: PayerState): Person {
  const part = (name: string): Json | undefined =>
    at(
      asArray(at(bundle, 'part')).find((each) => at(each, 'name') === name),
      'resource',
    );
  const [submitted, card] = [part('MemberPatient') ?? null, part('CoverageToMatch')];
  const subscriber = asString(at(card, 'subscriberId')) ?? asString(at(card, 'identifier', 0, 'value'));
  const id = Object.entries(rostersOf(payer.data).memberIds).find(([, value]) => value === subscriber)?.[0];
  const known = payer.rules.matchesMembers() && payer.rules.attestsTreatment(submitted, part('Consent'));
  return { submitted, id: known ? id : undefined };
}

const profile = (name: string): string => `http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/${name}`;
const kinds = {
  MatchedMembers: ['match', 'pdex-provider-member-match'],
  NonMatchedMembers: ['nomatch', 'pdex-provider-member-no-match'],
  ConsentConstrainedMembers: ['consentconstraint', 'pdex-member-opt-out'],
} as const satisfies Record<MatchList, readonly [string, string]>;

/** Everybody who was submitted, in one of the lists. MatchedMembers is always there ("emitted even when `Group.member[]` is empty"). */
function listsOf(people: readonly Person[], payer: PayerState): readonly { readonly list: MatchList; readonly resource: Made }[] {
  const { data, rules } = payer;
  const id = `matched-${rosterMemory(payer).size}`;
  const listFor = (patient: string | undefined): MatchList => {
    if (patient === undefined) return 'NonMatchedMembers';
    if (!data.optedOut.has(patient) || rules.matchesOptedOut()) return 'MatchedMembers';
    return rules.tellsOptOut() ? 'ConsentConstrainedMembers' : 'NonMatchedMembers';
  };
  const entry = (list: MatchList, { id: patient = '', submitted }: Person, nth: number): Json => {
    if (list === 'NonMatchedMembers') return { entity: { reference: `#submitted-${nth}`, display: nameOf(submitted) } };
    if (list === 'ConsentConstrainedMembers') return { entity: { reference: `Patient/${patient}` } };
    return memberEntry({ patient, coverage: coverageOf(data, patient), provider: rostersOf(data).provider, change: 'new' });
  };
  const group = (list: MatchList): Made => {
    const [code, name] = kinds[list];
    const own = people.map((each, nth) => ({ each, nth })).filter(({ each }) => listFor(each.id) === list);
    const member = own.map(({ each, nth }) => entry(list, each, nth));
    const kind = coded('http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PdexMultiMemberMatchResultCS', code);
    const contained = list === 'NonMatchedMembers' ? own.map(({ each, nth }) => ({ ...asObject(each.submitted), id: `submitted-${nth}` })) : [];
    return {
      resourceType: 'Group',
      id: list === 'MatchedMembers' ? id : `${id}-${code}`,
      meta: meta(profile(name), new Date().toISOString()),
      ...(contained.length === 0 ? {} : { contained }),
      active: true,
      type: 'person',
      actual: true,
      code: kind,
      quantity: member.length,
      managingEntity: ref(data.ground.payer),
      characteristic: [
        {
          code: kind,
          valueReference: ref(data.ground.clinics['clinic-a']),
          exclude: false,
          period: { start: new Date().toISOString().slice(0, 10) },
        },
      ],
      ...(member.length === 0 ? {} : { member }),
    };
  };
  return matchLists
    .map((list) => ({ list, resource: group(list) }))
    .filter(({ list, resource }) => rules.listsOfMatch(list, asArray(resource['member']).length));
}

const nameOf = (patient: Json): string => [asString(at(patient, 'name', 0, 'given', 0)), asString(at(patient, 'name', 0, 'family'))].join(' ').trim();

/** A job like that of an export. Source: http://hl7.org/fhir/us/davinci-pdex/provider-access-api-v2.html */
function started(url: string, payer: PayerState, { clientId, organization }: IssuedToken, content: ReadonlyMap<string, readonly Made[]>): MockReply {
  const memory = bulkMemory(payer);
  const id = String(memory.next++);
  memory.jobs.set(id, {
    ...{ id, clientId, organization, request: url, scope: [], level: 'group', operation: '$export', remarks: [], separateStatus: false },
    wanted: { typeFilters: [], associated: [], partialManifests: false },
    transactionTime: new Date().toISOString(),
    polls: 0,
    cancelled: false,
    content,
  });
  return { status: 202, headers: { 'content-location': `${payer.origin}/fhir/jobs/${id}` }, body: '' };
}

export const matchRoutes: readonly Route[] = [
  { step: 'group.operation', method: 'POST', path: '/fhir/Group/$provider-member-match', handle: guarded('r', match, () => 'Group') },
];
