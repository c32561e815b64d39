import { authorize, type IssuedToken, isRefusal } from '../auth/authorize.ts';
import type { Handler, MockReply, MockRequest, PayerState, Route } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import { groupFor, patientsOf, rosterMemory } from '../roster/store.ts';
import { generatedLines } from './generated.ts';
import { bulkMemory, type Job } from './jobs.ts';
import { pairsOf, readParameters, refusal, remark } from './parameters.ts';
import { exportTypes } from './rules.ts';

type Level = Job['level'];

/** Starts an export. Source: http://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-kick-off-request */
const kickoff =
  (level: Level, operation: Job['operation']): Handler =>
  (request, payer) =>
    located(start(level, operation, request, payer), request);

/** Parameters in a body are not found under `http.`. */
const located = (reply: MockReply, request: MockRequest): MockReply =>
  request.method === 'POST'
    ? { ...reply, body: reply.body.replace(/"expression":\["http\.[^Pu][^"]*"\]/, '"expression":["Parameters.parameter"]') }
    : reply;

function start(level: Level, operation: Job['operation'], request: MockRequest, payer: PayerState): MockReply {
  const { rules } = payer;
  const token = authorize(request, payer, level === 'group' ? 'Group' : 'Patient', 'r');
  if (isRefusal(token)) return rules.kickoffUnauthorized(token);
  const groupId = request.params['id'];
  if (level === 'group' && !mayExport(payer, groupId ?? '', token.organization))
    return outcome({
      status: 404,
      code: 'not-found',
      text: `There is no Group ${groupId} that you may export. Search Group with your NPI to see your lists.`,
      expression: 'http.url',
    });
  if (groupId === 'opted-out-a' && !rules.exportsOptedOut())
    return outcome({
      status: 403,
      code: 'forbidden',
      text: 'The members of this Group opted out of sharing with providers, so it cannot be exported. Use another Group.',
    });
  const prefer = (request.headers['prefer'] ?? '').toLowerCase();
  if (!prefer.includes('respond-async')) {
    const answer = rules.withoutPrefer();
    if (answer) return answer;
  }
  const busy = rules.tooBusy([...bulkMemory(payer).jobs.values()].filter((job) => job.clientId === token.clientId && !job.cancelled).length);
  if (busy) return busy;
  const media = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (request.method === 'POST' && request.body !== '' && media !== 'application/fhir+json' && media !== 'application/json')
    return outcome({
      status: 415,
      code: 'not-supported',
      text: `A kick-off by POST takes Parameters in JSON, not ${media || 'a body without a Content-Type'}. Correct the Content-Type to application/fhir+json.`,
      expression: 'http.Content-Type',
    });
  const pairs = pairsOf(request);
  if (pairs === undefined)
    return outcome({
      status: 400,
      code: 'structure',
      text: 'The body is not a Parameters resource in JSON. Correct the body and send the request again.',
    });
  const read = readParameters(pairs, {
    operation,
    lenient: prefer.includes('handling=lenient'),
    isType: (type) => (exportTypes.includes(type) && rules.exportsType(type)) || !rules.refusesUnknownTypes(),
  });
  if ('status' in read) return rules.refuse(read);
  const { wanted } = read;
  // Who asks by name for what the token does not cover hears so now, not when the files lack it.
  const uncovered = (wanted.types ?? []).map((type) => authorize(request, payer, type, 'r')).find(isRefusal);
  if (uncovered) return uncovered;
  const problem = problemWith(request, payer, { level, operation, ...(groupId === undefined ? {} : { groupId }) }, wanted);
  if (problem) return problem;
  const strangers = level === 'group' ? strangersOf(payer, groupId ?? '', wanted.patients ?? []) : [];
  const memory = bulkMemory(payer);
  const id = String(memory.next++);
  const scope = exportTypes.filter((type) => rules.exportsType(type) && !isRefusal(authorize(request, payer, type, 'r')));
  const separateStatus = prefer.includes('separate-export-status');
  memory.jobs.set(id, {
    id,
    clientId: token.clientId,
    organization: token.organization,
    scope: rules.scopeOf(scope),
    request: request.url,
    level,
    ...(groupId === undefined ? {} : { groupId }),
    operation,
    wanted: rules.wantedOf(wanted, request),
    remarks: [
      ...rules.remarksOf(read.remarks),
      ...strangers.map((each) => remark('patient', `Patient/${each} is not a member of this Group and was ignored.`)),
    ],
    separateStatus,
    transactionTime: new Date().toISOString(),
    polls: 0,
    cancelled: false,
  });
  return {
    status: 202,
    headers: {
      'content-location': `${payer.origin}/fhir/jobs/${id}`,
      ...(separateStatus ? { 'preference-applied': 'respond-async, separate-export-status' } : {}),
    },
    body: '',
  };
}

/**
 * A whole record asked for with Prefer: respond-async is a job like any other: FHIR's asynchronous pattern is Bulk Data's.
 * Source: http://hl7.org/fhir/R4/async.html
 */
export function startRecord(request: MockRequest, payer: PayerState, token: IssuedToken, patient: string): MockReply {
  const memory = bulkMemory(payer);
  const id = String(memory.next++);
  memory.jobs.set(id, {
    id,
    clientId: token.clientId,
    organization: token.organization,
    scope: exportTypes.filter((type) => payer.rules.exportsType(type) && !isRefusal(authorize(request, payer, type, 'r'))),
    request: request.url,
    level: 'patient',
    operation: '$export',
    wanted: { typeFilters: [], patients: [patient], associated: [], partialManifests: false },
    remarks: [],
    separateStatus: false,
    transactionTime: new Date().toISOString(),
    polls: 0,
    cancelled: false,
  });
  return { status: 202, headers: { 'content-location': `${payer.origin}/fhir/jobs/${id}` }, body: '' };
}

/** Generated Groups belong to everybody: they are how exports of any size are made. */
const mayExport = (payer: PayerState, id: string, organization: string): boolean =>
  generatedLines(id) !== undefined || (rosterMemory(payer).has(id) && payer.rules.mayExportGroup(groupFor(payer, id, organization) !== undefined));

const strangersOf = (payer: PayerState, groupId: string, patients: readonly string[]): readonly string[] => {
  const members = patientsOf(rosterMemory(payer).get(groupId)?.resource);
  return patients.filter((each) => !members.has(each));
};

const providerTypes = ['provider-delta', 'provider-download', 'provider-snapshot'].map((each) => `hl7.fhir.us.davinci-pdex#${each}`);

function problemWith(
  request: MockRequest,
  payer: PayerState,
  { level, operation, groupId }: { readonly level: Level; readonly operation: Job['operation']; readonly groupId?: string },
  wanted: Job['wanted'],
): MockReply | undefined {
  const { exportType, types, patients } = wanted;
  if (operation === '$davinci-data-export') {
    if (exportType !== undefined && exportType !== 'hl7.fhir.us.davinci-atr' && !payer.rules.takesExportType(providerTypes, exportType))
      return refusal(
        'exportType',
        `The exportType ${exportType} is not known here. Use hl7.fhir.us.davinci-atr or one of ${providerTypes.join(', ')}.`,
      );
    const missing = ['Group', 'Patient', 'Coverage'].filter((type) => types !== undefined && !types.includes(type));
    if (exportType === 'hl7.fhir.us.davinci-atr' && missing.length > 0 && payer.rules.demandsMinimumTypes())
      return refusal(
        '_type',
        `An attribution list export must hold at least Group, Patient and Coverage: ${missing.join(', ')} is missing from _type. Add it and send the request again.`,
        'required',
      );
    return undefined;
  }
  if (patients === undefined || payer.rules.takesForeignPatients()) return undefined;
  if (request.method === 'GET')
    return refusal('patient', 'The patient parameter is accepted by POST only. Send a Parameters resource.', 'not-supported');
  if (level === 'system') return refusal('patient', 'A system export cannot be limited by patient. Use Patient/$export.', 'not-supported');
  const strangers = groupId === undefined ? [] : strangersOf(payer, groupId, patients);
  return strangers.length === 0
    ? undefined
    : refusal(
        'patient',
        `Patient/${strangers.join(', Patient/')} in the parameter patient is unknown or no member of this Group. Leave it out and send the request again.`,
        'not-found',
      );
}

const routesFor = (path: string, level: Level, operation: Job['operation']): readonly Route[] =>
  ['GET', 'POST'].map((method) => ({ step: 'bulk.kickoff', method, path, handle: kickoff(level, operation) }) as const);

export const kickoffRoutes: readonly Route[] = [
  ...routesFor('/fhir/$export', 'system', '$export'),
  ...routesFor('/fhir/Patient/$export', 'patient', '$export'),
  ...routesFor('/fhir/Group/:id/$export', 'group', '$export'),
  ...routesFor('/fhir/Group/:id/$davinci-data-export', 'group', '$davinci-data-export'),
];
