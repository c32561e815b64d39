import { exportByGet, exportByPost } from '../../src/client/requests/bulk.ts';
import { read, search } from '../../src/client/requests/fhir.ts';
import { everything as wholeRecord } from '../../src/client/requests/record.ts';
import { hasOperation } from '../../src/core/capability.ts';
import { asArray, asString, at, isResource } from '../../src/core/fhir.ts';
import type { Expected, Known, Probe, RequestSpec, Step, TokenUse } from '../../src/core/model.ts';
import { typesOf } from './documents.ts';

/** Requests that a resource server must turn away, because of who asks. */

const unauthenticated: Expected = {
  status: [401, 403, 404],
  codes: ['login', 'security', 'unknown', 'expired'],
  names: ['token', 'Authorization'],
  action: 'reauthenticate',
};
const overreaching: Expected = { status: [403], codes: ['forbidden', 'security'], names: ['scope', 'system/'], action: 'reauthenticate' };

/** `make` gets the payer's base and answers with a request, or with why there is none. */
const probe = (
  id: string,
  step: Step,
  token: TokenUse,
  expected: Expected | undefined,
  make: (base: string, known: Known) => RequestSpec | string,
): Probe => ({
  id: `resource-server.${id}`,
  step,
  suite: 'resource-server',
  ...(expected === undefined ? {} : { expected }),
  request: (known) => {
    if (known.base === undefined) return 'no FHIR base is known';
    if (token !== 'none' && known.notes[`token.${token}`] !== true) return `the session has no ${token} token`;
    const spec = make(known.base, known);
    return typeof spec === 'string' ? spec : { ...spec, token };
  },
});

const patient = (make: (base: string, id: string, known: Known) => RequestSpec | string) => (base: string, known: Known) => {
  const id = asString(known.notes['resource-server.patient']);
  return id === undefined ? 'no Patient id is known' : make(base, id, known);
};
/** Something that a good token has opened in this run: the Patient, or the Group where no Patient can be read. */
const protectedRead = (base: string, known: Known): RequestSpec | string => {
  const [type, id] = asString(known.notes['resource-server.protected'])?.split('/') ?? [];
  return type === undefined || id === undefined
    ? 'nothing that needs a token could be read with ours, neither a Patient nor a Group'
    : read(base, type, id);
};

/** A type that the payer serves and a Patient-only token does not cover. */
export const otherType = (known: Known): string | undefined =>
  ['Coverage', 'Condition', 'ExplanationOfBenefit', 'Observation'].find((type) => typesOf(known.capability).includes(type));
const byPatient = (type: string): string => (type === 'Coverage' ? 'beneficiary' : 'patient');

const group = (make: (base: string, id: string, known: Known) => RequestSpec) => (base: string, known: Known) => {
  const id = known.target.bulk?.group;
  return id === undefined ? 'the target file names no Group (bulk.group)' : make(base, id, known);
};
/** By the operation that the payer declares. */
const groupExport = group((base, id, { capability }) =>
  isResource(capability) && !hasOperation(capability, 'Group', 'davinci-data-export') && hasOperation(capability, 'Group', 'export')
    ? exportByGet({ base, at: `Group/${id}` }, {})
    : exportByPost({ base, at: `Group/${id}`, operation: '$davinci-data-export' }, { _type: 'Group,Patient,Coverage' }),
);

export const noToken = probe('no-token', 'read', 'none', unauthenticated, protectedRead);
export const garbage = probe('invalid-token', 'read', 'garbage', unauthenticated, protectedRead);
export const revoked = probe('revoked-token', 'read', 'revoked', unauthenticated, protectedRead);
export const expired = probe('expired-token', 'read', 'expired', unauthenticated, protectedRead);
export const tampered = probe('tampered-token', 'read', 'tampered', unauthenticated, protectedRead);
export const tamperedPayload = probe('tampered-payload', 'read', 'tampered-payload', unauthenticated, protectedRead);

export const narrowSearch = probe(
  'narrow-search',
  'search',
  'narrow',
  overreaching,
  patient((base, id, known) => {
    const type = otherType(known);
    return type === undefined ? 'the payer declares no other type to try' : search(base, type, { patient: id, _count: '2' });
  }),
);
export const narrowRead = probe('narrow-read', 'read', 'narrow', overreaching, (base, known) => {
  const type = otherType(known) ?? '';
  const id = asString(at(known.target.members.known?.holds, type, 0)) ?? known.ids[type]?.[0];
  return id === undefined ? `no ${type || 'other resource'} of the known member is named` : read(base, type, id);
});
/** No `expected`: a server may leave the extra types out, or refuse. */
export const narrowInclude = probe(
  'narrow-revinclude',
  'search',
  'narrow',
  undefined,
  patient((base, id, known) => {
    const type = otherType(known);
    return type === undefined
      ? 'the payer declares no other type to try'
      : search(base, 'Patient', { _id: id, _revinclude: `${type}:${byPatient(type)}` });
  }),
);
export const narrowExport = probe(
  'narrow-export',
  'bulk.kickoff',
  'panel',
  { ...overreaching, status: [403, 400] },
  group((base, id) => exportByGet({ base, at: `Group/${id}` }, { _type: 'Patient,Observation' })),
);

export const groupsWithoutToken = probe('groups-no-token', 'group.search', 'none', unauthenticated, (base) => search(base, 'Group', {}));
export const groupWithoutToken = probe(
  'group-no-token',
  'group.read',
  'none',
  unauthenticated,
  group((base, id) => read(base, 'Group', id)),
);
export const exportWithoutToken = probe('export-no-token', 'bulk.kickoff', 'none', unauthenticated, groupExport);
export const exportByStranger = probe(
  'export-other',
  'bulk.kickoff',
  'other',
  { status: [403, 404], codes: ['forbidden', 'security', 'not-found'], names: ['Group', 'export'], action: 'correct' },
  groupExport,
);

/** The body is the Patient just as it was read, so that a server that lets it through changes nothing. */
export const write = probe(
  'write',
  'operation',
  'default',
  { status: [403, 405, 401, 404, 501], codes: ['forbidden', 'not-supported', 'security'], names: ['PUT', 'scope', 'read-only'], action: 'correct' },
  (base, known) => {
    const resource = known.notes['resource-server.disposable'];
    const id = asString(at(resource, 'id'));
    return resource === undefined || id === undefined
      ? 'the target file names no disposable Patient (knownResources.disposablePatient), or allows no writes'
      : { ...read(base, 'Patient', id), method: 'PUT', headers: { 'content-type': 'application/fhir+json' }, body: JSON.stringify(resource) };
  },
);

/** The whole record, a batch and a search by what others say of the Patient: each asks for more than Patient in another way. */
export const narrowEverything = probe(
  'narrow-everything',
  'everything',
  'narrow',
  undefined,
  patient((base, id, { capability }) =>
    isResource(capability) && hasOperation(capability, 'Patient', 'everything')
      ? wholeRecord(base, id, { _count: '20' })
      : 'the payer declares no Patient/$everything',
  ),
);
/** One GET in a batch: reading, whatever the method of the envelope. */
export const batchOf = (base: string, url: string): RequestSpec => ({
  method: 'POST',
  url: base.replace(/\/+$/, ''),
  headers: { 'content-type': 'application/fhir+json' },
  body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url } }] }),
  token: 'default',
});
export const narrowBatch = probe(
  'narrow-batch',
  'operation',
  'narrow',
  undefined,
  patient((base, id, known) => {
    const type = otherType(known);
    if (type === undefined) return 'the payer declares no other type to try';
    return takesBatches(known.capability) ? batchOf(base, `${type}?patient=${id}&_count=2`) : 'the payer declares no batch';
  }),
);
export const takesBatches = (capability: Known['capability']): boolean =>
  asArray(at(capability, 'rest')).some((rest) => asArray(at(rest, 'interaction')).some((each) => at(each, 'code') === 'batch'));

/** With a scheme of another kind: what the token endpoint may take is no access token. */
export const otherScheme = probe('other-scheme', 'read', 'none', { ...unauthenticated, status: [401, 400] }, (base, known) => {
  const spec = protectedRead(base, known);
  return typeof spec === 'string' ? spec : { ...spec, headers: { ...spec.headers, authorization: 'Basic aGFybmVzczpub3BlLW5vLXNlY3JldA==' } };
});

/** Nobody has an Observation with this code: a server that understands `_has` finds nobody, one that overlooks it finds the Patient. */
export const byHas = (base: string, id: string): RequestSpec =>
  search(base, 'Patient', { _id: id, '_has:Observation:patient:code': 'payer-assay-no-such-code' });
export const narrowHas = probe('narrow-has', 'search', 'narrow', undefined, patient(byHas));
