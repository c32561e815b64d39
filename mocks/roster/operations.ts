import { coverageOf, memberEntry, rostersOf } from '../../fixtures/roster.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { type Guest, guarded } from '../fhir/serve.ts';
import type { MockReply, PayerState, Route } from '../kernel/payer.ts';
import { fhir, outcome } from '../kernel/replies.ts';
import { noGroup } from './groups.ts';
import { entriesOfGroup, groupFor, patientOf, replaceExtensions, replaceMembers } from './store.ts';

/** Reconciliation of attribution lists. Source: http://hl7.org/fhir/us/davinci-atr/artifacts.html */

const statusUrl = 'http://hl7.org/fhir/us/davinci-atr/StructureDefinition/ext-attributionListStatus';

interface Asked {
  readonly names: readonly string[];
  readonly patient: string | undefined;
  readonly provider: string | undefined;
  readonly start: string | undefined;
}

/** Parameters by memberId and providerNpi, or by references. */
function asked(body: string, payer: PayerState): Asked | undefined {
  let parameters: Json;
  try {
    parameters = JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
  if (at(parameters, 'resourceType') !== 'Parameters') return undefined;
  const find = (name: string): Json | undefined => asArray(at(parameters, 'parameter')).find((each) => at(each, 'name') === name);
  const text = (name: string): string | undefined =>
    asString(at(find(name), 'valueIdentifier', 'value')) ??
    asString(at(find(name), 'valueString')) ??
    asString(at(find(name), 'valueReference', 'reference'));
  const memberId = text('memberId');
  const byId = Object.entries(rostersOf(payer.data).memberIds).find(([, value]) => value === memberId)?.[0];
  const npi = text('providerNpi');
  const byNpi = (payer.data.byType.get('Practitioner') ?? []).find((each) => at(each, 'identifier', 0, 'value') === npi)?.id;
  return {
    names: asArray(at(parameters, 'parameter')).flatMap((each) => asString(at(each, 'name')) ?? []),
    patient: text('patientReference')?.replace('Patient/', '') ?? byId,
    provider: text('providerReference') ?? (byNpi === undefined ? undefined : `Practitioner/${byNpi}`),
    start: asString(at(find('attributionPeriod'), 'valuePeriod', 'start')),
  };
}

/** Made for each answer: its id is what staff quote. */
const noParameters = () =>
  outcome({
    status: 400,
    code: 'structure',
    text: 'The body is not a Parameters resource in JSON. Correct the body and send the request again.',
  });
const noMember = () =>
  outcome({
    status: 422,
    code: 'not-found',
    text: 'The member named in memberId or patientReference is unknown or not on this list. Correct the member id and send the request again.',
    expression: 'Parameters.parameter',
  });

type Change = (
  entries: readonly { readonly [key: string]: Json }[],
  wanted: Asked & { readonly patient: string },
  payer: PayerState,
) => readonly Json[] | undefined;

/** A change to one list by the client it belongs to; `change` answers undefined when the member is not there. */
const changing =
  (change: Change) =>
  ({ request, payer, token }: Guest): MockReply => {
    const id = request.params['id'] ?? '';
    const group = groupFor(payer, id, token.organization);
    if (!group) return noGroup(id);
    const closed = payer.rules.closedList(
      asString(
        asArray(group['extension'])
          .map((each) => (at(each, 'url') === statusUrl ? at(each, 'valueCode') : undefined))
          .find(Boolean),
      ) ?? '',
    );
    if (closed) return closed;
    const wanted = asked(request.body, payer);
    if (!wanted) return noParameters();
    const { patient } = wanted;
    const member = patient === undefined ? undefined : change(entriesOfGroup(group), { ...wanted, patient }, payer);
    if (member === undefined) return noMember();
    if (payer.rules.applies()) replaceMembers(payer, id, payer.rules.afterChange(member, request.path.endsWith('$member-add') ? 'add' : 'remove'));
    return fhir({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'information', code: 'informational', details: { text: 'The list was changed.' } }],
    });
  };

const add: Change = (entries, { patient, provider, start }, payer) => {
  if (!payer.data.members.includes(patient)) return undefined;
  const entry = memberEntry({
    patient,
    coverage: coverageOf(payer.data, patient),
    provider: provider ?? rostersOf(payer.data).provider,
    change: 'new',
    ...(start === undefined ? {} : { start }),
  });
  return [...entries.filter((each) => patientOf(each) !== patient), entry];
};

const remove: Change = (entries, { patient }, payer) => {
  if (!entries.some((each) => patientOf(each) === patient)) return undefined;
  return entries.flatMap((each) => {
    if (patientOf(each) !== patient) return [each];
    if (!payer.rules.keepsRemoved()) return [];
    const extension = asArray(each['extension']).map((one) =>
      asString(at(one, 'url'))?.endsWith('/ext-changeType') ? { ...(one as object), valueCode: 'dropped' } : one,
    );
    return [{ ...each, extension: extension as Json[], inactive: true }];
  });
};

function attributionStatus({ request, payer, token }: Guest): MockReply {
  const id = request.params['id'] ?? '';
  const group = groupFor(payer, id, token.organization);
  if (!group) return noGroup(id);
  const wanted = asked(request.body, payer);
  if (!wanted) return noParameters();
  const entries = entriesOfGroup(group).filter((each) => patientOf(each) === wanted.patient);
  if (entries.length === 0) return payer.rules.answersNonMember() ? noMember() : { status: 200, headers: {}, body: '' };
  const resource = (reference: string): Json[] => {
    const found = payer.data.resources.get(reference);
    return found ? [{ fullUrl: `${payer.origin}/fhir/${reference}`, resource: found }] : [];
  };
  return fhir({
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: new Date().toISOString(),
    entry: [...resource(`Patient/${wanted.patient}`), ...resource(coverageOf(payer.data, wanted.patient ?? ''))],
  });
}

function confirm({ request, payer, token }: Guest): MockReply {
  const id = request.params['id'] ?? '';
  if (!groupFor(payer, id, token.organization)) return noGroup(id);
  const status = payer.rules.confirmed();
  if (status >= 400) return outcome({ status, code: 'exception', text: 'The list could not be confirmed. Try again later.' });
  replaceExtensions(payer, id, (extension) =>
    extension.map((each) => (at(each, 'url') === statusUrl ? { url: statusUrl, valueCode: 'final' } : each)),
  );
  return { status, headers: {}, body: '' };
}

const route = (name: string, handle: (guest: Guest) => MockReply): Route => ({
  step: 'group.operation',
  method: 'POST',
  path: `/fhir/Group/:id/${name}`,
  handle: guarded('r', handle, () => 'Group'),
});

export const operationRoutes: readonly Route[] = [
  route('$member-add', changing(add)),
  route('$member-remove', changing(remove)),
  route('$attribution-status', attributionStatus),
  route('$confirm-attribution-list', confirm),
];
