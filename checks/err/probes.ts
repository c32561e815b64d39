import { askMemberMatch, type CardHolder, hasCard, inForm, noCard } from '../../src/client/requests/match.ts';
import type { Expected, Known, Probe, RequestSpec, Step } from '../../src/core/model.ts';

/** Deliberately wrong requests of every kind that a provider's software makes by accident. None of them can change data. */

type Action = Expected['action'];
const expect = (status: Expected['status'], codes: readonly string[], names: readonly string[], action: Action): Expected => ({
  status,
  codes,
  names,
  action,
});

const probe = (id: string, step: Step, expected: Expected | undefined, build: (base: string, known: Known) => RequestSpec | string): Probe => ({
  id: `err.${id}`,
  step,
  suite: 'errors',
  ...(expected === undefined ? {} : { expected }),
  request: (known) => (known.base === undefined ? 'no FHIR base URL is known' : build(known.base.replace(/\/+$/, ''), known)),
});

const get = (url: string, headers: Readonly<Record<string, string>> = {}): RequestSpec => ({ method: 'GET', url, headers, token: 'default' });
const noSuchId = 'assay-no-such-id';
const gone = expect([404, 410], ['not-found', 'deleted'], [noSuchId, 'id'], 'correct');

/** The honest question about the known member, changed on its way out. */
const question =
  (change: (spec: RequestSpec, member: CardHolder) => RequestSpec) =>
  (base: string, { target, notes }: Known): RequestSpec | string => {
    const member = target.members.known;
    if (member === undefined) return 'the target file names no known member';
    if (!hasCard(member)) return noCard('known');
    return change(inForm(askMemberMatch(base, member), notes['member.form'] ?? {}), member);
  };

export const malformedJson = probe(
  'malformed-json',
  'member-match',
  expect([400], ['structure', 'invalid'], ['JSON', 'body', 'parse'], 'correct'),
  question((spec) => ({ ...spec, body: (spec.body ?? '{}').slice(0, 120) })),
);

export const invalidResource = probe(
  'invalid-resource',
  'member-match',
  expect([422, 400], ['code-invalid', 'value', 'invalid', 'invariant', 'structure'], ['gender'], 'correct'),
  question((spec, member) =>
    askMemberMatch(spec.url.replace(/\/Patient\/\$member-match$/, ''), { ...member, patient: { ...member.patient, gender: 'x' } }),
  ),
);

export const patchMetadata = probe(
  'method',
  'operation',
  expect([405, 501, 404, 400], ['not-supported', 'not-found', 'invalid'], ['PATCH', 'method', 'metadata'], 'correct'),
  (base) => ({ method: 'PATCH', url: `${base}/metadata`, headers: { 'content-type': 'application/json-patch+json' }, body: '', token: 'default' }),
);

const emptyBody = probe(
  'empty-body',
  'member-match',
  expect([400, 422], ['structure', 'invalid', 'required'], ['JSON', 'body', 'Parameters', 'empty'], 'correct'),
  question((spec) => ({ ...spec, body: '' })),
);
const wrongType = probe(
  'wrong-resource',
  'member-match',
  expect([400, 422], ['invalid', 'structure', 'value', 'required'], ['Parameters', 'Patient'], 'correct'),
  question((spec, member) => ({ ...spec, body: JSON.stringify(member.patient) })),
);
const wrongMedia = probe(
  'wrong-media-type',
  'member-match',
  expect([415], ['not-supported', 'invalid'], ['Content-Type', 'media type', 'text/plain', 'application/fhir+json'], 'correct'),
  question((spec) => ({ ...spec, headers: { 'content-type': 'text/plain' } })),
);

export const unknownPatient = probe('unknown-id', 'read', gone, (base) => get(`${base}/Patient/${noSuchId}`));
export const unknownCondition = probe('unknown-condition', 'read', gone, (base) => get(`${base}/Condition/${noSuchId}`));
export const unknownType = probe(
  'unknown-type',
  'operation',
  expect([404, 400], ['not-supported', 'not-found', 'invalid'], ['Nonsense', 'path', 'type'], 'correct'),
  (base) => get(`${base}/Nonsense/1`),
);
export const badDate = probe('bad-date', 'search', expect([400], ['value', 'invalid'], ['date'], 'correct'), (base, { patientId }) =>
  patientId === undefined ? 'no member is matched' : get(`${base}/Observation?patient=${patientId}&category=laboratory&date=not-a-date`),
);
const badNumber = probe('bad-count', 'search', expect([400], ['value', 'invalid', 'not-supported'], ['_count'], 'correct'), (base, { patientId }) =>
  patientId === undefined ? 'no member is matched' : get(`${base}/Condition?patient=${patientId}&_count=many`, { prefer: 'handling=strict' }),
);
const unknownParameter = probe(
  'unknown-parameter',
  'search',
  expect([400], ['not-supported', 'invalid', 'value'], ['nonsense'], 'correct'),
  (base, { patientId }) =>
    patientId === undefined ? 'no member is matched' : get(`${base}/Condition?patient=${patientId}&nonsense=1`, { prefer: 'handling=strict' }),
);
export const notAcceptable = probe(
  'not-acceptable',
  'read',
  expect([406], ['not-supported', 'invalid', 'processing'], ['Accept', 'text/csv', 'application/fhir+json', 'format'], 'correct'),
  (base, { patientId }) => (patientId === undefined ? 'no member is matched' : get(`${base}/Patient/${patientId}`, { accept: 'text/csv' })),
);
const unknownOperation = probe(
  'unknown-operation',
  'operation',
  expect([404, 400, 405, 501], ['not-supported', 'not-found', 'invalid', 'processing'], ['nonsense', 'operation', 'path'], 'correct'),
  (base) => get(`${base}/Patient/$nonsense`),
);
const noToken = probe(
  'no-token',
  'read',
  expect([401], ['login', 'security', 'unknown', 'invalid_token'], ['token', 'Authorization'], 'reauthenticate'),
  (base, { patientId }) => (patientId === undefined ? 'no member is matched' : { method: 'GET', url: `${base}/Patient/${patientId}`, token: 'none' }),
);
const garbageToken = probe(
  'garbage-token',
  'search',
  expect([401], ['expired', 'login', 'security', 'unknown', 'invalid_token'], ['token', 'Authorization'], 'reauthenticate'),
  (base, { patientId }) =>
    patientId === undefined
      ? 'no member is matched'
      : { method: 'GET', url: `${base}/Condition?patient=${patientId}`, headers: { authorization: 'Bearer not-a-token-of-yours' }, token: 'none' },
);

/** Sent three times: asking for what is not there, or not offered, must always bring the same answer. */
export const repeated: readonly Probe[] = [malformedJson, unknownPatient, unknownType, badDate, notAcceptable];

export const errorProbes: readonly Probe[] = [
  ...[malformedJson, invalidResource, patchMetadata, emptyBody, wrongType, wrongMedia],
  ...[unknownPatient, unknownCondition, unknownType, badDate, badNumber, unknownParameter, notAcceptable, unknownOperation],
  ...[noToken, garbageToken],
];
